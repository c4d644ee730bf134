"""Whose turn it is: a project's, and within it a job's."""
