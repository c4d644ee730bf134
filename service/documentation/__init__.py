"""The interface described for people: Swagger UI, out of the package's own files."""
