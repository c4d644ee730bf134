"""Rows of who did what. They are added, and in time forgotten, and never changed."""
