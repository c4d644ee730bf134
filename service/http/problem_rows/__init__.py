"""Problem types by part of the service; all of them together are in `service.http.problem_types`."""
