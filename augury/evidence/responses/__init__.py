"""What a difference depends on: the training budget, and the number of images."""
