"""Predictions as they are stored, reduced to what a report is made from, so that no probabilities pile up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.evidence.metrics.outputs import Outputs
from augury.evidence.metrics.table import Metric

_SMALL = (np.uint8, np.uint16, np.uint32)


def stored_outputs(stored: Mapping[str, npt.NDArray[Any]], classes: int) -> Outputs:
    """What a model gave, from the arrays of a predictions file (``augury.training.evaluation.Predictions.to_npz``).

    Files of earlier versions lack what the newer arrays say.
    """
    return Outputs(
        labels=stored["labels"],
        predicted=as_small(stored["predicted"]),
        classes=classes,
        probability=stored["probability"],
        confidence=stored.get("confidence"),
        rank=stored.get("rank"),
        log_probabilities=stored.get("log_probabilities"),
    )


def as_small(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Integers from 0, in the smallest type that holds them."""
    most = int(values.max(initial=0))
    return values.astype(next(each for each in _SMALL if most <= np.iinfo(each).max))


def reduced(outputs: Outputs, metrics: Sequence[Metric]) -> tuple[npt.NDArray[np.float32] | None, dict[str, float]]:
    """What is kept of a model's probabilities: the first metric's values of images, and the values of all metrics.

    Args:
        outputs: of a model.
        metrics: the deciding one first (``all_metrics``).
    """
    kept = metrics[0].image_values(outputs)
    values = {metric.name: metric.value(outputs) for metric in metrics}
    return (
        None if kept is None else kept.astype(np.float32),
        {name: value for name, value in values.items() if value is not None},
    )
