"""Learning curves of an arm over its seeds."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from api_schemas.reports.report import ArmReport

MAX_POINTS = 100


@dataclass(frozen=True)
class Band:
    """Validation accuracy in percent, by epoch: the mean over the seeds that got so far, and what they span."""

    epochs: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]


def band_of(arm: ArmReport | None) -> Band:
    """The band at no more than 101 epochs, the last one among them; epochs without a finite value are left out.

    No arm has an empty band.
    """
    curves = [seed.curves.validation_accuracy for seed in (arm.per_seed if arm else [])]
    longest = max(map(len, curves), default=0)
    step = max(1, -(-longest // MAX_POINTS))
    chosen = sorted({*range(0, longest, step), longest - 1}) if longest else []
    values = {
        epoch + 1: [100 * curve[epoch] for curve in curves if epoch < len(curve) and curve[epoch] is not None]
        for epoch in chosen
    }
    known = {epoch: reached for epoch, reached in values.items() if reached}
    return Band(
        list(known), [fmean(each) for each in known.values()], [min(each) for each in known.values()],
        [max(each) for each in known.values()],
    )  # fmt: skip
