"""``/jobs/{id}``: one job, from how far it is to what it has found out."""
