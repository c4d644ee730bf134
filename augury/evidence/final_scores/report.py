"""The part of a report that says what the untouched test images say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api_schemas.plans import BASELINE
from api_schemas.reports.final_scores import FinalScore, FinalScores
from augury.evidence.arm_results import ArmRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.final_scores.arms import ScoredArm
from augury.evidence.judgement import measure
from augury.evidence.metrics.arms import arm_metrics
from augury.evidence.wording import interval
from augury.wording import joined, signed

_SHOWN = {"best": "the best candidate", "recommendation": "the recommendation"}


def final_scores(
    results: ComparisonResults, arms: Sequence[ScoredArm], records: Mapping[str, ArmRecord]
) -> FinalScores | None:
    """The scores; None where none were asked for, or no trial has any.

    Args:
        results: of all rounds.
        arms: that are scored.
        records: what these arms' trials gave for the test images, by the arm's name.
    """
    shown = {len(record.labels) for each in records.values() for record in each.seeds.values()}
    if not arms or not shown:
        return None
    compared = sum(arm.stands_for in _SHOWN for arm in arms)
    confidence = 1 - (1 - results.request.evaluation.confidence) / max(1, compared)
    scored = [_score(results, arm, records, confidence) for arm in arms]
    return FinalScores(images=max(shown), arms=scored, sentence=_sentence(results, scored, max(shown)))


def _score(
    results: ComparisonResults, arm: ScoredArm, records: Mapping[str, ArmRecord], confidence: float
) -> FinalScore:
    own = records[arm.name].on_seeds(arm.seeds)
    measured = None
    if arm.stands_for in _SHOWN and arm.name != BASELINE:
        measured = measure(own, records[BASELINE].on_seeds(arm.seeds), results.metric, results.groups)
    return FinalScore(
        arm=arm.name,
        stands_for=arm.stands_for,
        metrics=arm_metrics(own, arm.seeds),
        difference=None if measured is None else measured.reported(confidence),
    )


def _sentence(results: ComparisonResults, scored: Sequence[FinalScore], images: int) -> str:
    opening = f"On the {images:,} test images, by which nothing was decided"
    told = [
        f"{_SHOWN[each.stands_for]} ({each.arm}) differed from the baseline by {signed(each.difference.mean)} "
        f"{results.metric.choice.unit} ({interval(each.difference)})"
        for each in scored
        if each.difference is not None
    ]
    return f"{opening}, {joined(told)}." if told else f"{opening}, there is no difference to tell."
