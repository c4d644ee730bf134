"""How fast images are augmented, for ``benchmarks/augmentation.py``: cases, engines, turns and tables."""
