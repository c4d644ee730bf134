"""``python -m store.doctor``: what is wrong with the parts that the service and the workers share."""
