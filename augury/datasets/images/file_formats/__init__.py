"""Image files of kinds that need more than Pillow's own road, or less: what they say of themselves, and their bands."""
