"""What a project may take of the service, and what it has taken."""
