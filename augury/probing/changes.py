"""How much a transform changes images, before any model sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline

Array = npt.NDArray[Any]

_HALF_A_STEP = 0.5 / 255
_MIN_DEVIATION = 1e-12


@dataclass(frozen=True)
class Changes:
    """Root mean square changes are in units of the images' own standard deviation."""

    unchanged: float
    """Share of images, see unchanged_share."""
    drawn: float
    """Of the raw images."""
    seen: float
    """Of what a model sees: after the spec's samplewise normalisation, which undoes brightness and channel shifts."""


def changes_of(spec: ImageDataGeneratorSpec, before: Array, after: Array) -> Changes:
    """What is different between raw images ``[N, H, W, C]`` and their transformed copies.

    All other preprocessing maps values linearly, the same for every image, and so leaves relative changes as they are.
    """
    drawn = _relative_change(before, after)
    if not (spec.samplewise_center or spec.samplewise_std_normalization):
        return Changes(unchanged_share(before, after), drawn, drawn)
    normalisation = Pipeline(
        ImageDataGeneratorSpec(
            samplewise_center=True,
            samplewise_std_normalization=spec.samplewise_std_normalization,
        )
    )
    seen = _relative_change(normalisation.preprocess(before), normalisation.preprocess(after))
    return Changes(unchanged_share(before, after), drawn, seen)


def unchanged_share(before: Array, after: Array) -> float:
    """Share of the images no pixel of which changes by half of an 8-bit step of the data's range, or more."""
    span = _span(before)
    largest = np.abs(after.astype(np.float32) - before).max(axis=(1, 2, 3))
    return float((largest < _HALF_A_STEP * span).mean())


def _span(images: Array) -> float:
    if images.dtype.kind == "u":
        return float(np.iinfo(images.dtype).max)
    return max(float(images.max()) - float(images.min()), _MIN_DEVIATION)


def _relative_change(before: Array, after: Array) -> float:
    difference = after.astype(np.float32) - before
    deviation = max(float(before.std(dtype=np.float64)), _MIN_DEVIATION)
    return float(np.sqrt(np.mean(np.square(difference, dtype=np.float64)))) / deviation
