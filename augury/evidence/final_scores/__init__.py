"""The last score on images that nothing was decided by."""
