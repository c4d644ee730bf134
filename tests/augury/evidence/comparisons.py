"""Whole comparisons with synthetic trials, for what their reports say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.plans import Round
from api_schemas.reports.report import Report
from augury.evidence.analysis import Analysis, analyse
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.comparison_report import comparison_report
from augury.evidence.comparison_results import ComparisonResults
from augury.planning.comparison import plan_comparison, with_round
from tests.store.databases import FACTS, comparison

CREATED_AT = "2027-01-15T08:00:00.000Z"
LIKE_THE_BASELINE = {"horizontal_flip": True, "rescale": 1 / 255}
OWN_PREPROCESSING = {"horizontal_flip": True, "samplewise_center": True}


def record(labels: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], **changes: Any) -> SeedRecord:
    """A finished trial on validation images ``[V]`` of these labels, which are the first of the snapshot."""
    fields: dict[str, Any] = {
        "accuracy": float(np.mean(labels == predicted)),
        "clean_training_accuracy": 0.99,
        "final_training_loss": 0.1,
        "still_improving": False,
        "diverged": False,
        "indices": np.arange(len(labels)),
        "labels": labels,
        "predicted": predicted,
    }
    return SeedRecord(**(fields | changes))


def analysis_of(
    trials: Mapping[str, Sequence[SeedRecord]],
    specs: Mapping[str, dict[str, Any]],
    classes: int = 2,
    *,
    warnings: Sequence[str] = (),
    failed_probes: int = 0,
    has_fixed_splits: bool = False,
    images: Mapping[str, int] | None = None,
    **request: Any,
) -> Analysis:
    """The analysis of a comparison whose arms have these trials on seeds 0, 1, ..., all of which were planned."""
    seeds = max(map(len, trials.values()))
    asked = comparison(dict(specs), **{"evaluation": {"seeds": seeds}, **request})
    plan = plan_comparison(asked, "uint8")
    left = [seed for seed in range(seeds) if seed not in plan.seeds]
    if left:
        plan = with_round(plan, Round(arms=[arm.name for arm in plan.arms], seeds=left))
    names = dict(images or {str(label): 50 for label in range(classes)})
    splits = {"train": names, "validation": names} if has_fixed_splits else {}
    return analyse(
        ComparisonResults(
            job_id="job_1",
            request=asked,
            plan=plan,
            digest="d" * 64,
            facts=FACTS.model_copy(update={"classes": names, "warnings": list(warnings), "splits": splits}),
            trials=[],
            records={arm.name: ArmRecord(arm.name, arm.spec, dict(enumerate(trials[arm.name]))) for arm in plan.arms},
            probes=[],
            stopped=False,
            failed_probes=failed_probes,
        )
    )


def report_of(*arguments: Any, **named: Any) -> Report:
    """The report of the same."""
    return comparison_report(analysis_of(*arguments, **named), CREATED_AT)


def do_nothing_comparison(
    generator: np.random.Generator, candidates: int, seeds: int = 5, images: int = 200
) -> tuple[dict[str, list[SeedRecord]], dict[str, dict[str, Any]]]:
    """Trials and specs of candidates that all are the baseline under other randomness, on one fixed validation set.

    Every second one has preprocessing of its own, and so an arm with that alone, which does nothing either.
    """
    specs = {
        f"c{number}": OWN_PREPROCESSING | {"rotation_range": 1.0 + number} if number % 2 else LIKE_THE_BASELINE
        for number in range(candidates)
    }
    labels = np.arange(images) % 2
    known = 1 / (1 + np.exp(-generator.normal(2, 2, images)))
    arms = [arm.name for arm in plan_comparison(comparison(dict(specs)), "uint8").arms]
    trials = {}
    for arm in arms:
        own = np.clip(known + generator.normal(0, 0.05, images), 0, 1)
        right = generator.random((seeds, images)) < own
        trials[arm] = [record(labels, np.where(each, labels, 1 - labels)) for each in right]
    return trials, specs
