"""For how many epochs arms are trained."""
