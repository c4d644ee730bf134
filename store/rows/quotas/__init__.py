"""Rows of what projects take of the service, and the counts that their limits are held to."""
