"""What all routes share of HTTP: problems, limits, content types, OpenAPI, idempotency."""
