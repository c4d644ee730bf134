"""``/metrics``: how the service is doing, in the text that Prometheus reads."""
