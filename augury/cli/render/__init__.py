"""What the command line prints: reports, datasets, tables, progress."""
