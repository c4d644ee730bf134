"""The loss of each image, and how much it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from api_schemas.training.settings import TrainingSettings
from augury.training.errors import UserInputError
from augury.training.optimisation.recipe import Recipe

_MAX_PROBABILITY = 1 - 1e-7
"""Below 1, where a power of (1 - p) under 1 has no slope that is finite."""


@dataclass(frozen=True)
class Objective:
    """What a step makes small: the mean over its images of their losses, times their classes' weights."""

    focal_gamma: float | None = None
    label_smoothing: float = 0.0
    is_weighted: bool = False

    @classmethod
    def of(cls, recipe: Recipe) -> Objective:
        """The recipe's."""
        return cls(recipe.focal_gamma, recipe.label_smoothing, recipe.is_weighted)

    @property
    def is_plain(self) -> bool:
        """Whether it is cross-entropy as it stands, which the model is compiled with."""
        return self == PLAIN

    def losses(self, labels: Any, probabilities: Any) -> Any:
        """Of each image ``[n]``, from labels ``[n]`` and the model's output ``[n, classes]``, without weights.

        Smoothed, a label's probability is 1 - s + s / classes for its own class and s / classes for the others
        (Szegedy et al. 2016, section 7).
        """
        labels = keras.ops.reshape(labels, (-1,))
        if self.label_smoothing:
            spread = keras.ops.one_hot(labels, probabilities.shape[-1])
            return keras.losses.categorical_crossentropy(spread, probabilities, label_smoothing=self.label_smoothing)
        plain = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
        if self.focal_gamma is None:
            return plain
        own = keras.ops.take_along_axis(probabilities, keras.ops.expand_dims(labels, -1), axis=-1)[:, 0]
        return plain * keras.ops.power(1 - keras.ops.minimum(own, _MAX_PROBABILITY), self.focal_gamma)


PLAIN = Objective()


def class_weights(
    settings: TrainingSettings, labels: npt.NDArray[np.int64], names: Sequence[str]
) -> npt.NDArray[np.float32]:
    """How much an image of each class counts, ``[classes]``.

    *balanced* is n / (classes * n_c) for the n_c of n images that are of a class (King and Zeng 2001, as scikit-learn
    has it), so that the mean weight of an image is 1; a class without images has 1.

    Args:
        settings: with ``class_weight``.
        labels: of the images that are trained on.
        names: of all classes, in order.

    Raises:
        UserInputError: a class is named that there is not.
    """
    asked = settings.class_weight
    if isinstance(asked, dict):
        unknown = sorted(set(asked) - set(names))
        if unknown:  # the plan says so already, of a dataset that was not read again since
            raise UserInputError(f"training.class_weight names class {unknown[0]!r}, which the dataset does not have")
        return np.array([asked.get(name, 1.0) for name in names], np.float32)
    counts = np.bincount(labels, minlength=len(names))
    if asked == "none":
        return np.ones(len(names), np.float32)
    present = np.count_nonzero(counts)
    return np.where(counts > 0, len(labels) / (present * np.maximum(counts, 1)), 1.0).astype(np.float32)
