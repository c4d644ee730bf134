"""What trials leave behind, read back into records."""
