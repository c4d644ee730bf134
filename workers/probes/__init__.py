"""Asking a trained baseline model about augmented images: inference only, no training."""
