"""Augmenting image after image through a generator's public methods, as Keras does.

Slower than a batch at once, and needed where a subclass has changed one of the steps, or an image is not in the format
that its generator is set to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from augury.augmentation.layout import channels_first, channels_last

Array = npt.NDArray[Any]
STEPS = ("get_random_transform", "apply_transform", "standardize")
"""The methods that every image goes through."""


class Steps(Protocol):
    """What is called for an image."""

    def get_random_transform(self, img_shape: tuple[int, ...], seed: int | None = None) -> dict[str, Any]:
        """Parameters for an image of a shape."""

    def apply_transform(self, x: Array, transform_parameters: dict[str, Any]) -> Array:
        """An image changed as they say."""

    def random_transform(self, x: Array, seed: int | None = None) -> Array:
        """Both."""

    def standardize(self, x: Array) -> Array:
        """An image normalised."""


def is_overridden(instance: object, base: type, names: Iterable[str]) -> bool:
    """Whether an instance has any method that is not the one of *base*."""
    return any(getattr(type(instance), name) is not getattr(base, name) or name in vars(instance) for name in names)


def augmented_one_by_one(steps: Steps, images: Array, data_format: str, dtype: Any) -> Array:
    """Images ``[B, H, W, C]`` of which the steps get one at a time, in a format and type: ``[B, H, W, C]`` of it."""
    result = np.zeros(images.shape, dtype)
    pairs = zip(channels_first(images, data_format), channels_first(result, data_format), strict=True)
    for image, finished in pairs:
        x = image.astype(dtype)
        x = steps.apply_transform(x, steps.get_random_transform(x.shape))
        finished[...] = steps.standardize(x)
    return result


def transformed_one_by_one(steps: Steps, parts: Iterable[Array], data_format: str) -> Iterable[Array]:
    """Parts ``[n, H, W, C]`` of the images that ``fit`` learns from, randomly transformed."""
    for part in parts:
        changed = [steps.random_transform(image) for image in channels_first(part, data_format)]
        yield channels_last(np.stack(changed).astype(part.dtype), data_format)
