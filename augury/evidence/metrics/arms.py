"""Every metric of an arm, over its seeds."""

from __future__ import annotations

from collections.abc import Collection
from statistics import fmean

from api_schemas.reports.metrics import MetricValues
from augury.evidence.arm_results import ArmRecord


def arm_metrics(arm: ArmRecord, seeds: Collection[int]) -> dict[str, MetricValues]:
    """The metrics that the arm's trials on these seeds have, the deciding one first."""
    records = {seed: record for seed, record in arm.seeds.items() if seed in seeds}
    names = dict.fromkeys(name for record in records.values() for name in record.metrics)
    return {
        name: _values({seed: record.metrics[name] for seed, record in records.items() if name in record.metrics})
        for name in names
    }


def mean_of_metric(arm: ArmRecord, name: str) -> float | None:
    """The mean of a metric over the arm's seeds; None where none has it."""
    values = [record.metrics[name] for record in arm.seeds.values() if name in record.metrics]
    return fmean(values) if values else None


def _values(by_seed: dict[int, float]) -> MetricValues:
    return MetricValues(mean=fmean(by_seed.values()), seeds=list(by_seed), per_seed=list(by_seed.values()))
