"""Tests of what is seen of rows."""
