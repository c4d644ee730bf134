"""From the records of a comparison's arms to differences and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from api_schemas.plans import BASELINE, CandidatePlan
from api_schemas.reports.report import Difference, Verdict
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.statistics.alpha_spending import confidence_at, next_share, settled
from augury.evidence.statistics.claims import means_at_equal_seeds
from augury.evidence.statistics.paired_outcomes import paired_outcomes, shared_seeds
from augury.evidence.statistics.variance_components import PairedDifference, estimate_paired_difference
from augury.evidence.statistics.verdicts import verdict_of


@dataclass(frozen=True)
class Judgement:
    """What the looks so far say about a candidate."""

    candidate: CandidatePlan
    verdict: Verdict
    difference: Difference | None
    """Candidate minus baseline, as the report has it; None while fewer than two seeds have both."""
    estimate: PairedDifference | None
    """What the difference was made from."""
    settled_at: int | None
    """Seeds per arm at the look that settled the verdict; None while it is open."""
    seeds: Sequence[int] = ()
    """Of the look that the verdict is from, whether or not both arms finished them."""
    confidence: float = 0.0
    """Of the interval at that look: of this candidate's share of the error."""
    next_confidence: float | None = None
    """Of the interval that one more look would give, an extension; None where nothing is kept for one."""


def judge(
    results: ComparisonResults, candidate: CandidatePlan, schedule: Sequence[int], looks_taken: Sequence[int]
) -> Judgement:
    """What the looks say about a candidate. A verdict that was settled at a look stands.

    Args:
        results: of all arms so far.
        candidate: one of the plan's.
        schedule: seeds per arm at each look that is planned.
        looks_taken: those of them that have the seeds they need.
    """
    settings, judgement = results.request.evaluation, Judgement(candidate, Verdict.INCONCLUSIVE, None, None, None)
    for look in looks_taken:
        confidence = confidence_at(schedule, look, settings.confidence, len(results.plan.candidates))
        seeds = results.seeds("comparison")[:look]
        estimate = estimate_between(results, candidate.arm, BASELINE, seeds)
        if estimate is None:
            judgement = replace(judgement, seeds=seeds, confidence=confidence)
            continue
        difference = _reported(results, candidate.arm, BASELINE, seeds, estimate, confidence)
        verdict = verdict_of(difference.low, difference.high, settings.practical_effect)
        is_settled = settled(verdict)
        further = 0.0 if results.stopped else next_share(schedule, results.plan.reserve) * (1 - settings.confidence)
        following = 1 - further / len(results.plan.candidates) if further else None
        settled_at = look if is_settled else None
        judgement = Judgement(candidate, verdict, difference, estimate, settled_at, seeds, confidence, following)
        if is_settled:
            break
    return judgement


def best_of(judgements: Sequence[Judgement]) -> Judgement | None:
    """The candidate with the highest mean difference on the seeds that all have; None where none has any."""
    means = means_at_equal_seeds([each.difference for each in judgements])
    compared = [(mean, each) for mean, each in zip(means, judgements, strict=True) if mean is not None]
    return max(compared, key=lambda pair: pair[0])[1] if compared else None


def difference_between(
    results: ComparisonResults, arm: str, reference: str, seeds: Sequence[int], confidence: float
) -> Difference | None:
    """Arm minus reference over those of the seeds that both finished; None for fewer than two, or if they are one."""
    if arm == reference:
        return None
    estimate = estimate_between(results, arm, reference, seeds)
    return None if estimate is None else _reported(results, arm, reference, seeds, estimate, confidence)


def estimate_between(
    results: ComparisonResults, arm: str, reference: str, seeds: Sequence[int]
) -> PairedDifference | None:
    """Arm minus reference and how sure that is; None where fewer than two of the seeds gave a difference."""
    outcomes = paired_outcomes(
        results.records[arm].on_seeds(seeds), results.records[reference].on_seeds(seeds), results.groups
    )
    return None if outcomes is None else estimate_paired_difference(outcomes)


def _reported(
    results: ComparisonResults,
    arm: str,
    reference: str,
    seeds: Sequence[int],
    estimate: PairedDifference,
    confidence: float,
) -> Difference:
    """An estimate as the report shows it."""
    one, other = results.records[arm].on_seeds(seeds), results.records[reference].on_seeds(seeds)
    interval = estimate.interval(confidence)
    shared = shared_seeds(one, other)
    return Difference(
        mean=interval.mean,
        low=interval.low,
        high=interval.high,
        confidence=confidence,
        standard_deviation=interval.standard_deviation,
        seeds=shared,
        per_seed=[100 * (one.seeds[seed].accuracy - other.seeds[seed].accuracy) for seed in shared],
    )
