"""Commands about one's own project."""
