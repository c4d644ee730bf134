"""What `benchmarks/soak.py` does to a service for a long time, and what it makes of what it sees."""
