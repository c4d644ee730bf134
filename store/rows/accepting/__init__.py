"""Storing many new jobs in one transaction, with as many statements as for one of them."""
