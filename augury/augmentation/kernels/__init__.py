"""What runs compiled: random bits, coordinates, resampling, and all of it in one pass."""
