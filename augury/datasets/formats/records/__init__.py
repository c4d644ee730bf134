"""Datasets in records: TFRecord."""
