"""What operators and other services see of a running stack."""
