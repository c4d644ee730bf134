"""Trials that a worker on JAX computes together, in a process of its own, as a process has one backend."""
