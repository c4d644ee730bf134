"""Uploads that are sent piece by piece, and go on where they broke off."""
