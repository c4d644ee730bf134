"""``/``: what was found out, and what is going on."""
