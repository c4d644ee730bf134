"""Which images a trial trains on, and which it validates on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedShuffleSplit

from workers.failures import UserInputError
from workers.training.streams import SPLIT, stream_seed

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Indices into a snapshot, ascending and disjoint."""

    training: Indices
    validation: Indices


def draw_split(labels: npt.NDArray[np.int64], settings: dict[str, Any], seed: int) -> Split:
    """A stratified split of its own for every seed.

    Raises:
        UserInputError: there are too few images, of a class or in all.
    """
    validation_images = math.ceil(len(labels) * settings["validation_fraction"])
    splitter = StratifiedShuffleSplit(
        n_splits=1,
        train_size=settings["training_images"],
        test_size=validation_images,
        random_state=stream_seed(seed, SPLIT),
    )
    try:
        training, validation = next(splitter.split(np.zeros(len(labels)), labels))
    except ValueError as error:
        raise UserInputError(f"the dataset cannot be split as asked: {error}") from error
    return Split(np.sort(training), np.sort(validation))
