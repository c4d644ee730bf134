"""The ranges that a spec draws from, as Keras's constructor resolves them."""

from __future__ import annotations

from api_schemas.augmentation import ImageDataGeneratorSpec

NEUTRAL_ZOOM = (1.0, 1.0)


def zoom_pair(spec: ImageDataGeneratorSpec) -> tuple[float, float]:
    """The ends of the zoom factors, which are drawn for either axis; below 1 zooms in."""
    zoom = spec.zoom_range
    return zoom if isinstance(zoom, tuple) else (1 - zoom, 1 + zoom)


def is_order_read(spec: ImageDataGeneratorSpec) -> bool:
    """Whether the spec resamples, so that what it says of interpolation and fill is read at all."""
    return spec.has_geometry
