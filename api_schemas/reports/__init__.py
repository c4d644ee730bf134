"""Reports on the wire, and the evidence in them."""
