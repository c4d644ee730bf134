"""Rows of uploads that are sent piece by piece."""
