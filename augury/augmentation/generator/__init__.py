"""Keras's ``ImageDataGenerator`` and its iterators, on our engine."""
