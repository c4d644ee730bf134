"""From encoded images to arrays of one shape and type."""
