"""Folders of images: what the folders around them mean, told by their names and by what is in them."""
