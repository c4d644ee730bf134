"""What metrics are made from, and what they make of two arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Outputs:
    """What a model gave for images ``[n]``; what is None was not kept of it."""

    labels: npt.NDArray[Any]
    """The true classes, integers."""
    predicted: npt.NDArray[Any]
    """The most probable classes, integers."""
    classes: int
    """Of the dataset, whether or not any of the images is of them."""
    probability: npt.NDArray[Any] | None = None
    """Of the true class."""
    confidence: npt.NDArray[Any] | None = None
    """The probability of the predicted class."""
    rank: npt.NDArray[Any] | None = None
    """How many classes are more probable than the true one: 0 where the prediction is right."""
    log_probabilities: npt.NDArray[Any] | None = None
    """Natural logarithms ``[n, classes]``; only their order and their differences count."""


class Side(Protocol):
    """One arm on one seed, as far as a paired difference takes it."""

    @property
    def labels(self) -> npt.NDArray[Any]:
        """Of its validation images ``[V]``."""

    @property
    def predicted(self) -> npt.NDArray[Any]:
        """The class that its model takes each for ``[V]``."""

    @property
    def image_values(self) -> npt.NDArray[Any] | None:
        """What the metric kept of the model's probabilities ``[V]``."""


@dataclass(frozen=True)
class ImageDifferences:
    """What every image contributes to the difference of two arms on a seed: its mean is the metric's own difference.

    The contributions are the metric's influence function (Hampel, JASA 69, 1974) on each arm, one minus the other,
    linearised where the two arms meet, so that a class of three images cannot vouch for its own certainty.
    """

    difference: Floats
    """Above zero where the first arm is better. Fractions or nats."""
    chosen: Booleans | None = None
    """Which of the images ``[V]`` these are; None: all of them."""
    step: float | None = None
    """The most that one image's coming out otherwise changes; None: values are right or wrong, and it is 1."""
    unseen: float = 0.0
    """What an image contributes that alone of its class comes out otherwise; 0 where all differ a little."""


def images_of(labels: npt.NDArray[Any], classes: int) -> Integers:
    """How many images each class has ``[classes]``."""
    return np.bincount(labels, minlength=classes)
