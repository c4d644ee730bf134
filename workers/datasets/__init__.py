"""From a reference to a snapshot."""
