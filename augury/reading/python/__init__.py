"""``ImageDataGenerator`` in Python code, read from its syntax tree; nothing is imported and nothing is run."""
