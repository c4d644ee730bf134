"""What happens to jobs, as it is told to whoever listens."""
