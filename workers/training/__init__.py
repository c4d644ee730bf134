"""Keras code: the only part that imports TensorFlow, and only inside pool processes."""
