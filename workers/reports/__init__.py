"""From finished trials to the report that a client reads."""
