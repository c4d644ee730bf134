"""Sheets of originals beside their augmentations, the worst case among them."""
