"""Intervals, looks, verdicts and power, each from the paper that it names."""
