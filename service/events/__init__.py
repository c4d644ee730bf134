"""Streams of events: what happens to jobs, told as it happens."""
