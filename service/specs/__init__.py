"""Specs over HTTP: findings and previews."""
