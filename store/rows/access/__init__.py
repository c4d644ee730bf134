"""Rows of projects, of the keys to them, and of what clients have sent under keys of their own."""
