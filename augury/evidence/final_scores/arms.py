"""Which arms are scored at the end, on which seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from api_schemas.jobs import JobKind
from api_schemas.plans import BASELINE
from augury.evidence.analysis import Analysis
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.confirmation import confirmed_arm


@dataclass(frozen=True)
class ScoredArm:
    """One of the arms that matter in the end."""

    name: str
    stands_for: Literal["baseline", "best", "recommendation", "trained"]
    seeds: Sequence[int]


def scored_arms(results: ComparisonResults, analysis: Analysis | None = None) -> list[ScoredArm]:
    """The baseline, the best candidate and the recommendation, or the one arm of a training; none if not asked for.

    Args:
        results: of all rounds.
        analysis: of them, where they are a comparison's.
    """
    if results.request.evaluation.test is None:
        return []
    seeds = results.seeds("comparison")
    if analysis is None or results.plan.kind == JobKind.TRAINING:
        return [ScoredArm(arm.name, "trained", seeds) for arm in results.plan.arms]
    arms = [ScoredArm(BASELINE, "baseline", seeds)]
    if analysis.best_candidate is not None:
        arms.append(ScoredArm(analysis.best_candidate.candidate.arm, "best", analysis.best_candidate.seeds))
    if results.plan.recommendation is not None and not _is_rejected(analysis):
        arms.append(ScoredArm(confirmed_arm(results.plan), "recommendation", results.seeds("confirmation")))
    return arms


def _is_rejected(analysis: Analysis) -> bool:
    """Whether what was tried is not recommended any more; what is instead is scored as what it is."""
    return analysis.confirmation is not None and analysis.confirmation.rejected is not None
