"""Models on other images than their own: what they answered, and what follows from it."""
