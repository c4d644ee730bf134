"""Rows of registered models."""
