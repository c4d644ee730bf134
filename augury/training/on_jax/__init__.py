"""Training steps on JAX: those of one trial, and those of many small trials at once."""
