"""Rows of SQL, and the transitions of their states."""
