"""The ranges that a spec draws from, as Keras's constructor resolves them."""

from __future__ import annotations

from api_schemas.augmentation import ImageDataGeneratorSpec, Shift


def zoom_pair(spec: ImageDataGeneratorSpec) -> tuple[float, float]:
    """The ends of the zoom factors, which are drawn for either axis; below 1 zooms in."""
    zoom = spec.zoom_range
    return zoom if isinstance(zoom, tuple) else (1 - zoom, 1 + zoom)


def is_fraction(shift: Shift) -> bool:
    """Whether a shift is meant as a fraction of the image; all others are pixels."""
    return (max(shift) if isinstance(shift, list) else shift) < 1


def farthest(shift: Shift) -> float:
    """The largest shift that can be drawn, in its own unit; an int n draws whole pixels from 0 to n - 1."""
    if isinstance(shift, list):
        return float(max(abs(each) for each in shift))
    return float(shift - 1 if isinstance(shift, int) else shift)
