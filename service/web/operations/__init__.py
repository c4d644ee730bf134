"""``/operations``: how the work goes on, who may come in, and who is told."""
