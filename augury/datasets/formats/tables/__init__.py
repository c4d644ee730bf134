"""Datasets in tables: CSV, TSV, Parquet, with images beside them or in them."""
