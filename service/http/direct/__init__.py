"""Calling the function of a route directly, where nothing of its request needs the framework."""
