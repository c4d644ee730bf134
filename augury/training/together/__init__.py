"""Many small trials at once."""
