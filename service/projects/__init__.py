"""A project as its people see it: what it may take, what it has taken, and its end."""
