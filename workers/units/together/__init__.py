"""Units that are carried out together."""
