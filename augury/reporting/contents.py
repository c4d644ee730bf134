"""What is read from a report in one way, however it is drawn: on a page, in Markdown or on a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from api_schemas.plans import BASELINE
from api_schemas.reports.evidence import Cause
from api_schemas.reports.report import ArmReport, CandidateReport, Cost

DIVERGED = "* the loss stopped being finite"
"""What the star behind an accuracy means."""


def causes_of(candidate: CandidateReport) -> Sequence[Cause]:
    """Why, strongest first, without the verdict that the candidate's sentence has said already."""
    return [cause for cause in candidate.why.causes if cause.kind != "verdict"] if candidate.why else []


def preprocesses_as_baseline(candidate: CandidateReport) -> bool:
    """Whether the candidate has no preprocessing of its own, so that none of its difference is owed to it."""
    return candidate.preprocessing_arm == BASELINE


def has_augmentation(candidate: CandidateReport) -> bool:
    """Whether the candidate does more than preprocess, so that a part of its difference is owed to that."""
    return candidate.preprocessing_arm != candidate.arm


def failures_by_reason(arms: Sequence[ArmReport]) -> dict[tuple[str, str], list[int]]:
    """The seeds of trials without a result, by arm and reason."""
    seeds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for arm in arms:
        for trial in arm.failed_trials:
            seeds[arm.name, f"{trial.error.message} ({trial.error.failure_class})"].append(trial.seed)
    return dict(seeds)


def has_diverged(arm: ArmReport) -> bool:
    """Whether the loss stopped being finite in any of the arm's trials."""
    return any(seed.diverged for seed in arm.per_seed)


def trained_trials(cost: Cost) -> int:
    """Trials that the job trained itself, to the end."""
    return cost.trials - cost.trials_reused - cost.trials_failed
