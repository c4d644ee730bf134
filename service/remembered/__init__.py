"""What a process of the service remembers for a while, so that the database is not asked or told each time."""
