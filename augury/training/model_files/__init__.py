"""Files of models from strangers, read without Keras: a config and arrays come out, or a refusal."""
