"""Who did what, and who was refused what: written down, and shown to a project's administrators."""
