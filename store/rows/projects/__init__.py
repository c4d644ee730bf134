"""The table of projects, on which state machines stand; what is done with it is ``store.rows.access.projects``."""
