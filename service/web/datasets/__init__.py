"""Datasets as people see them: a list, one with its images, and how one is added."""
