"""Which validation images a probe shows, and how often."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]

_MOST = 1_000
_FEWEST = 300
_VALUES = 4_000_000
"""Pixel values shown per question, for images so large that a thousand of them would take long."""
_MOST_ROUNDS = 50


def shown_images(indices: Indices, labels: npt.NDArray[np.int64], most: int, seed: int) -> Indices:
    """At most *most* of the images, every class in its proportion, ascending.

    Args:
        indices: of the images to choose from.
        labels: of these images, in the same order.
        most: at least 1.
        seed: determines the choice.
    """
    if len(indices) <= most:
        return np.sort(indices)
    order = np.random.default_rng(seed).permutation(len(indices))
    quantile = np.empty(len(indices))
    for name in np.unique(labels):
        members = order[labels[order] == name]
        quantile[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.sort(indices[np.argsort(quantile, kind="stable")[:most]])


def answers_wanted(values_per_image: int) -> int:
    """How many answers a question takes: fewer for larger images, but never so few that they say nothing."""
    return min(_MOST, max(_FEWEST, _VALUES // values_per_image))


def rounds_for(images: int, wanted: int) -> int:
    """How often each of *images* is shown, with other draws each time, to have *wanted* answers or so."""
    return min(_MOST_ROUNDS, max(1, math.ceil(wanted / images)))
