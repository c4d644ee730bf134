"""The part of a report that says what images say by which nothing was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.plans import BASELINE
from api_schemas.reports.final_scores import FinalScore, FinalScores
from augury.evidence.arm_results import ArmRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.conditions.sentence import images_in_words
from augury.evidence.final_scores.arms import ScoredArm
from augury.evidence.judgement import measure
from augury.evidence.metrics.arms import arm_metrics
from augury.evidence.wording import interval
from augury.wording import count, joined, signed

_SHOWN = {"best": "the best candidate", "recommendation": "the recommendation"}


@dataclass(frozen=True)
class OtherImages:
    """Another dataset that was scored, in place of the dataset's own test split."""

    dataset: str
    """Its id."""
    groups: npt.NDArray[np.int64] | None
    """Of its images ``[N]``, where they come in groups."""
    failed: int
    """Models that should have scored it, and could not."""


def final_scores(
    results: ComparisonResults,
    arms: Sequence[ScoredArm],
    records: Mapping[str, ArmRecord],
    other: OtherImages | None = None,
) -> FinalScores | None:
    """The scores; None where none were asked for, or no trial has any.

    Args:
        results: of all rounds.
        arms: that are scored.
        records: what these arms' trials gave for the images, by the arm's name.
        other: whose images they are; None: those of the dataset's own test split.
    """
    shown = {len(record.labels) for each in records.values() for record in each.seeds.values()}
    failed = 0 if other is None else other.failed
    if not arms or not (shown or failed):
        return None
    if not shown:
        sentence = f"None of {count(failed, 'model')} could score the images by which nothing was to be decided."
        return FinalScores(**_whose(other), images=0, arms=[], models_failed=failed, sentence=sentence)
    groups = results.groups if other is None else other.groups
    compared = sum(arm.stands_for in _SHOWN for arm in arms)
    confidence = 1 - (1 - results.request.evaluation.confidence) / max(1, compared)
    scored = [_score(results, arm, records, groups, confidence) for arm in arms]
    whose = "test images" if other is None else images_in_words(other.dataset)
    sentence = _sentence(results, scored, f"{max(shown):,} {whose}", failed)
    return FinalScores(**_whose(other), images=max(shown), arms=scored, models_failed=failed, sentence=sentence)


def _whose(other: OtherImages | None) -> dict[str, Any]:
    return {"split": "test"} if other is None else {"split": None, "dataset": other.dataset}


def _score(
    results: ComparisonResults,
    arm: ScoredArm,
    records: Mapping[str, ArmRecord],
    groups: npt.NDArray[np.int64] | None,
    confidence: float,
) -> FinalScore:
    own = records[arm.name].on_seeds(arm.seeds)
    measured = None
    if arm.stands_for in _SHOWN and arm.name != BASELINE:
        measured = measure(own, records[BASELINE].on_seeds(arm.seeds), results.metric, groups)
    return FinalScore(
        arm=arm.name,
        stands_for=arm.stands_for,
        metrics=arm_metrics(own, arm.seeds),
        difference=None if measured is None else measured.reported(confidence),
    )


def _sentence(results: ComparisonResults, scored: Sequence[FinalScore], images: str, failed: int) -> str:
    opening = f"On the {images}, by which nothing was decided"
    told = [
        f"{_SHOWN[each.stands_for]} ({each.arm}) differed from the baseline by {signed(each.difference.mean)} "
        f"{results.metric.choice.unit} ({interval(each.difference)})"
        for each in scored
        if each.difference is not None
    ]
    told += [_alone(results, each) for each in scored if each.stands_for == "trained" and each.metrics]
    lacking = f" {count(failed, 'model')} could not score them." if failed else ""
    return f"{opening}, {joined(told) or 'there is no difference to tell'}.{lacking}"


def _alone(results: ComparisonResults, score: FinalScore) -> str:
    """Of an arm that is compared with none."""
    name, values = next(iter(score.metrics.items()))
    number = f"{values.mean:.3f}" if name == "log_loss" else f"{100 * values.mean:.1f}%"
    return f"{results.metric.choice.title} was {number} on average over {count(len(values.seeds), 'seed')}"
