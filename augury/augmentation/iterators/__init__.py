"""Endless batches of images, and how Keras and a folder take them."""
