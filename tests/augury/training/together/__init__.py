"""Tests of many small trials at once; those that take JAX are beside those of its steps."""
