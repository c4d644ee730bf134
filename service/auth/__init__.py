"""Who asks, for which project, and what they may do."""
