"""What the service and the workers share: SQL rows and their transitions, artifacts, the queue."""
