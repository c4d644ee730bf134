"""``augury publish``: a finished job, to where people keep results."""
