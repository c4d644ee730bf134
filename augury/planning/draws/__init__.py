"""Which images and groups of images go to which side of a split, drawn."""
