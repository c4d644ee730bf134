"""What goes with a batch of images that are read from files, by class mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.iterators.iterator import Indices

Array = npt.NDArray[Any]


def _numbers(iterator: Any, images: Array, indices: Indices) -> Array:
    """Class numbers ``[B]``, of the images' type."""
    return np.array([iterator.classes[index] for index in indices], iterator.dtype).reshape(len(images))


def _one_hot(iterator: Any, images: Array, indices: Indices) -> Array:
    """``[B, classes]``: 1 for the class of an image, or for all of its classes."""
    rows = np.zeros((len(images), len(iterator.class_indices)), iterator.dtype)
    for row, index in zip(rows, indices, strict=True):
        row[iterator.classes[index]] = 1
    return rows


TARGETS: dict[str | None, Callable[[Any, Array, Indices], Any]] = {
    "input": lambda iterator, images, indices: images.copy(),
    "binary": _numbers,
    "sparse": _numbers,
    "categorical": _one_hot,
    "multi_output": lambda iterator, images, indices: [output[indices] for output in iterator.labels],
    "raw": lambda iterator, images, indices: iterator.labels[indices],
}
"""Class mode to the labels of a batch. There are none for None."""
