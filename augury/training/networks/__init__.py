"""Networks: from what a request says, or a stored model, to a Keras model."""
