"""What a service says of itself: how it is, and what was wrong with a request."""
