"""Rows of the table of problem types, ``service.http.problem_types``: a module for what belongs together."""
