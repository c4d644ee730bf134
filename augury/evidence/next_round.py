"""What a comparison needs next, from the evidence so far: more seeds, a trial of the recommendation, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import BASELINE, Arm, ArmRole, Round
from api_schemas.reports.evidence import RecommendedSpec
from augury.evidence.comparison_results import Evidence
from augury.evidence.confirmation import RECOMMENDED, best_candidate, recommendation_for
from augury.evidence.judgement import Judgement, judge, schedule_of

_FRESH_SEEDS_START = 1_000_000
_MIN_FRESH_SEEDS = 5


@dataclass(frozen=True)
class Extension:
    """One more round of a comparison."""

    round: Round
    arms: Sequence[Arm] = ()
    """New in this round."""
    recommendation: RecommendedSpec | None = None


def next_round(evidence: Evidence) -> Extension | None:
    """The next round; None when the report can be made."""
    judgements = judge(evidence)
    more_seeds = _for_the_undecided(evidence, judgements)
    if more_seeds is not None:
        return Extension(more_seeds)
    request = evidence.request
    if isinstance(request, ComparisonRequest) and request.recommend and evidence.plan.recommendation is None:
        return _confirmation(evidence, judgements)
    return None


def _for_the_undecided(evidence: Evidence, judgements: Sequence[Judgement]) -> Round | None:
    """Seeds for candidates that no look has settled, with all that they are compared with."""
    seeds = evidence.seeds("comparison")
    larger = [look for look in schedule_of(evidence) if look > len(seeds)]
    undecided = [judgement for judgement in judgements if judgement.settled_at is None and judgement.difference]
    if not larger or not undecided or any(each.purpose == "confirmation" for each in evidence.plan.rounds):
        return None
    wanted = {BASELINE}
    for judgement in undecided:
        wanted |= {judgement.candidate.arm, judgement.candidate.preprocessing_arm}
    first = evidence.request.evaluation.first_seed
    return Round(
        arms=[arm.name for arm in evidence.plan.arms if arm.name in wanted],
        seeds=list(range(first + len(seeds), first + larger[0])),
    )


def _confirmation(evidence: Evidence, judgements: Sequence[Judgement]) -> Extension:
    """The recommended spec against the baseline and the best candidate, on seeds that no decision has seen."""
    recommended = recommendation_for(evidence, judgements)
    best = best_candidate(judgements)
    arms = [BASELINE] + ([best.candidate.arm] if best else [])
    known = {arm.spec: arm.name for arm in evidence.plan.arms if arm.name in arms}
    new = []
    if recommended.spec not in known:
        new = [Arm(name=RECOMMENDED, role=ArmRole.RECOMMENDED, spec=recommended.spec)]
    count = max(_MIN_FRESH_SEEDS, evidence.request.evaluation.min_seeds)
    first = evidence.request.evaluation.first_seed + _FRESH_SEEDS_START
    seeds = list(range(first, first + count))
    confirmation = Round(purpose="confirmation", arms=[*arms, *(arm.name for arm in new)], seeds=seeds)
    return Extension(confirmation, new, recommended)
