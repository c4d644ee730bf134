"""``/v1/webhooks``: who is told of what happens in a project."""
