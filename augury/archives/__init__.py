"""Augmented images as files: parts of them, and the archive that they are put together into."""
