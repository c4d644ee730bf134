"""Leased work: claimed, kept by a heartbeat, given back or recorded."""
