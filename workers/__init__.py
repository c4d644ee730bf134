"""Celery workers: they ingest datasets, train trials, and turn finished trials into reports."""
