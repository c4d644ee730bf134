"""The spec that the evidence suggests."""
