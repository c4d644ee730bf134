"""Findings about specs as they stand in files, where not everything is known of them."""
