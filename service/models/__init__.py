"""Registered models over HTTP."""
