"""What is worth comparing first on a dataset, where nobody has said what to compare."""
