"""What `benchmarks/hostile.py` does to a service."""
