"""Which validation images a probe shows, and how often."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]

_MAX_ANSWERS = 1_000
_MIN_ANSWERS = 300
_VALUES = 4_000_000
"""Pixel values shown per question, for images so large that a thousand of them would take long."""
_MAX_ROUNDS = 50


def shown_images(indices: Indices, labels: npt.NDArray[np.int64], max_images: int, seed: int) -> Indices:
    """At most *max_images* of the images, every class in its proportion, ascending.

    Args:
        indices: of the images to choose from.
        labels: of these images, in the same order.
        max_images: at least 1.
        seed: determines the choice.
    """
    if len(indices) <= max_images:
        return np.sort(indices)
    order = np.random.default_rng(seed).permutation(len(indices))
    quantile = np.empty(len(indices))
    for name in np.unique(labels):
        members = order[labels[order] == name]
        quantile[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.sort(indices[np.argsort(quantile, kind="stable")[:max_images]])


def answers_per_question(values_per_image: int) -> int:
    """How many answers a question takes: fewer for larger images, but never so few that they say nothing."""
    return min(_MAX_ANSWERS, max(_MIN_ANSWERS, _VALUES // values_per_image))


def rounds_for(images: int, answers: int) -> int:
    """How often each of *images* is shown, with other draws each time, to have so many *answers* or a few more."""
    return min(_MAX_ROUNDS, max(1, math.ceil(answers / images)))
