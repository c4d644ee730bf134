"""Answers that a client has already are not sent again."""
