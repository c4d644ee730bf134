"""Scoring another dataset with the model of one trial: what it takes all images of it for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.datasets.snapshot import Snapshot
from augury.monitor import WorkMonitor
from augury.planning.trial_definition import TrialDefinition
from augury.probing.used_model import images_at_once, labels_in, model_in_use
from augury.training.evaluation import Predictions, gathered
from augury.training.optimisation.inner_split import trial_split


def score_trial(
    definition: TrialDefinition, model: bytes, snapshot: Snapshot, other: Snapshot, monitor: WorkMonitor
) -> Predictions:
    """The model's predictions on all images of another dataset, by inference alone.

    Args:
        definition: of the trial.
        model: the ``.keras`` file that it left behind.
        snapshot: that the trial was trained on.
        other: with the same classes, in whatever order, and images of the same kind.
        monitor: told how many images are done, and asked between batches whether to go on.
    """
    split, _ = trial_split(definition, snapshot)
    predict, step = model_in_use(definition, model, snapshot, split, monitor), images_at_once(other.images)
    labels = labels_in(other, snapshot.class_names)

    def probabilities() -> Iterator[npt.NDArray[Any]]:
        for start in range(0, len(labels), step):
            monitor.raise_if_cancelled()
            yield predict(np.asarray(other.images[start : start + step]))
            monitor.report_progress(done=min(len(labels), start + step))

    return gathered(np.arange(len(labels)), labels, probabilities())
