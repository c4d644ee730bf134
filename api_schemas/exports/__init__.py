"""Specs in the words of other libraries, on the wire."""
