"""Statistics: pure functions from measured numbers to statements."""
