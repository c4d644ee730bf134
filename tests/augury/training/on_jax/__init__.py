"""Tests of training on JAX, in a process of its own, as a process has one backend."""
