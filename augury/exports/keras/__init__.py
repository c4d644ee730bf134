"""Keras 3: one layer that does exactly what the spec says, and the layers that Keras itself brings."""
