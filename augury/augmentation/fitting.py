"""What ``fit`` does, for a ``Pipeline`` and for an ``ImageDataGenerator``: images to statistics, part by part."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation.drawing import LegacyGenerator, Ranges, draw_as_keras
from augury.augmentation.engine import Engine
from augury.augmentation.settings import Settings
from augury.augmentation.statistics import Statistics, chunks, measure

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]
Transformation = Callable[[Iterable[Array]], Iterable[Array]]
"""Images in parts ``[n, H, W, C]``, and as many in parts, changed."""


class Learned:
    """What was learned, under Keras's names."""

    _statistics: Statistics

    @property
    def mean(self) -> Array | None:
        """The training set's mean per channel, once fitted."""
        mean: Array | None = self._statistics.mean
        return mean

    @property
    def std(self) -> Array | None:
        """The training set's deviation per channel, once fitted."""
        deviation: Array | None = self._statistics.deviation
        return deviation

    @property
    def zca_whitening_matrix(self) -> Array | None:
        """The whitening matrix, once fitted."""
        whitening: Array | None = self._statistics.whitening
        return whitening


def learn(
    settings: Settings,
    images: Array,
    *,
    indices: Indices | None = None,
    augmented: Transformation | None = None,
    rounds: int = 1,
    check: Callable[[], object] | None = None,
) -> Statistics:
    """The statistics of images ``[N, H, W, C]``, or of those that *indices* number; they are rescaled first.

    Args:
        settings: say which statistics, and the type they are computed in.
        images: may be a memory map, of which only parts are copied (whitening needs all of it at once).
        indices: of the images to learn from; default: all.
        augmented: makes randomly transformed images of the rescaled parts, which it gets *rounds* times over.
        rounds: how often.
        check: called before each part of the images is read; what it raises ends the learning.
    """
    count = len(images) if indices is None else len(indices)

    def read(part: slice) -> Array:
        if check is not None:
            check()
        floats = images[part if indices is None else indices[part]].astype(settings.dtype)
        if settings.rescale:
            floats *= settings.rescale
        return floats

    turns = rounds if augmented else 1
    parts: Iterable[Array] = (read(part) for _ in range(turns) for part in chunks(count, images.shape[1:]))
    return measure(settings, parts if augmented is None else augmented(parts))


def randomly_transformed(engine: Engine, ranges: Ranges, random: LegacyGenerator) -> Transformation:
    """Transforms parts of images with draws from *random*, in Keras's order."""

    def transform(parts: Iterable[Array]) -> Iterable[Array]:
        return (engine.transform(part, draw_as_keras(ranges, random, len(part), part.shape[1:])) for part in parts)

    return transform


def warn_if_not_fitted(spec: ImageDataGeneratorSpec, statistics: Statistics) -> None:
    """Say which parts of a spec do nothing, as nothing was learned for them; to the caller's caller."""
    needed = {
        "featurewise_center": statistics.mean,
        "featurewise_std_normalization": statistics.deviation,
        "zca_whitening": statistics.whitening,
    }
    for name, value in needed.items():
        if getattr(spec, name) and value is None:
            warnings.warn(f"{name} does nothing before fit() has seen training images", stacklevel=3)
