"""The HTTP client: typed, synchronous, small."""
