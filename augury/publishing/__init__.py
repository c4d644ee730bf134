"""Takes a report to where people keep results: an experiment tracker, the card of a dataset or a model."""
