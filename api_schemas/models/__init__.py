"""Models with weights on the wire: how a client registers one, and what the service says about it."""
