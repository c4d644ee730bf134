"""What a trained model takes augmented images for, by inference alone."""
