"""The model of a trial as it is used outside training: raw images in, probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.datasets.snapshot import Snapshot
from augury.monitor import WorkMonitor
from augury.planning.trial_definition import TrialDefinition
from augury.probing.forward import Predict, model_from, predictor
from augury.training.inputs import ENGINES
from augury.training.splits import Split

_CHUNK_BYTES, _MAX_CHUNK = 8_000_000, 256
"""Of floats, and images: so that memory is bounded, and a cancel is heard of soon."""


def model_in_use(
    definition: TrialDefinition, model: bytes, snapshot: Snapshot, split: Split, monitor: WorkMonitor
) -> Predict:
    """The model with the preprocessing that it was trained with, for raw images of its dataset's kind.

    Args:
        definition: of the trial.
        model: the ``.keras`` file that it left behind.
        snapshot: that it was trained on.
        split: of it, by whose training images the preprocessing is fitted where it has to be.
        monitor: asked whether to go on while that is done.
    """
    inputs = ENGINES[definition.engine](
        definition.spec, snapshot.images, snapshot.labels, split.training, definition.seed, monitor.raise_if_cancelled
    )
    predict = predictor(model_from(model))
    return lambda raw: predict(inputs.preprocess(raw))


def labels_in(other: Snapshot, class_names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Labels of another dataset, which may have its classes in another order, as the model numbers them ``[N]``."""
    numbers = {name: number for number, name in enumerate(class_names)}
    return np.array([numbers[name] for name in other.class_names])[other.labels]


def images_at_once(images: npt.NDArray[Any]) -> int:
    """How many of such images ``[N, H, W, C]`` are to be in memory as floats at a time."""
    return max(1, min(_MAX_CHUNK, _CHUNK_BYTES // (4 * int(np.prod(images.shape[1:])))))
