"""Specs out to other libraries, and in from them."""
