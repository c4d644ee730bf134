"""Commands about one's own project: who is told of it."""
