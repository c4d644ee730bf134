"""Datasets on the wire: references to them, what is known of them, pages of their images."""
