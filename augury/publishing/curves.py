"""How the trials of an arm went on, epoch by epoch, and how far its seeds lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from statistics import fmean, stdev

from api_schemas.reports.report import ArmReport
from augury.publishing.values import Value

MAX_STEPS = 200
"""Of a curve: longer ones are told at evenly spaced epochs, the first and the last among them."""
_CURVES = (
    "training_loss",
    "training_accuracy",
    "validation_loss",
    "validation_accuracy",
    "inner_loss",
    "learning_rate",
)
_WITHOUT_ERROR = "learning_rate"  # which is the same for all seeds, as long as they train equally long


def standard_error(values: Sequence[float]) -> float | None:
    """Of the mean: the standard deviation (n - 1) over the root of n; None for fewer than two values."""
    return stdev(values) / sqrt(len(values)) if len(values) > 1 else None


def told_epochs(epochs: int) -> list[int]:
    """Those of *epochs*, counted from zero, at which a curve is told: at most `MAX_STEPS`, in order."""
    if epochs <= MAX_STEPS:
        return list(range(epochs))
    return [round(at * (epochs - 1) / (MAX_STEPS - 1)) for at in range(MAX_STEPS)]


def arm_curves(arm: ArmReport) -> Iterator[Value]:
    """Each curve's mean over the seeds that have a value at an epoch, and the standard error of that mean.

    Epochs are counted from one. Where a seed's loss stopped being finite, or its training ended early, the others go
    on.
    """
    for name in _CURVES:
        curves: list[list[float | None]] = [getattr(each.curves, name) for each in arm.per_seed]
        for epoch in told_epochs(max(map(len, curves), default=0)):
            values = [value for curve in curves if epoch < len(curve) and (value := curve[epoch]) is not None]
            if not values:
                continue
            yield Value(f"epochs/{name}", fmean(values), epoch + 1)
            error = standard_error(values)
            if error is not None and name != _WITHOUT_ERROR:
                yield Value(f"epochs_standard_error/{name}", error, epoch + 1)
