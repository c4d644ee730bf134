"""The units of work, one module each."""
