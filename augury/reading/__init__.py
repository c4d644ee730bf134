"""Specs where people keep them: calls of ``ImageDataGenerator`` in Python files and notebooks, JSON and YAML files."""
