"""From the records of a comparison's arms to differences and verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api_schemas.plans import BASELINE, CandidatePlan
from api_schemas.reports.report import Difference, Verdict
from augury.evidence.arm_results import ArmRecord
from augury.evidence.comparison_results import Evidence
from augury.evidence.statistics.alpha_spending import confidence_at, looks, settled
from augury.evidence.statistics.paired_outcomes import paired_outcomes, shared_seeds
from augury.evidence.statistics.variance_components import Spread, spread_of
from augury.evidence.statistics.verdicts import verdict_of


@dataclass(frozen=True)
class Judgement:
    """What the looks so far say about a candidate."""

    candidate: CandidatePlan
    verdict: Verdict
    difference: Difference | None
    spread: Spread | None
    settled_at: int | None
    """Seeds per arm at the look that settled the verdict; None while it is open."""


def schedule_of(evidence: Evidence) -> list[int]:
    """How many seeds each arm has at each look."""
    settings = evidence.request.evaluation
    return looks(settings.min_seeds, settings.max_seeds)


def looks_taken(evidence: Evidence) -> list[int]:
    """Seeds per arm at the looks so far; the last one may lie between two planned ones, after a stop."""
    planned = len(evidence.seeds("comparison"))
    return [look for look in schedule_of(evidence) if look <= planned]


def judge(evidence: Evidence) -> list[Judgement]:
    """A judgement per candidate, in the plan's order. A verdict that was settled at a look stands."""
    return [_judge(evidence, candidate) for candidate in evidence.plan.candidates]


def _judge(evidence: Evidence, candidate: CandidatePlan) -> Judgement:
    settings, schedule = evidence.request.evaluation, schedule_of(evidence)
    judgement = Judgement(candidate, Verdict.INCONCLUSIVE, None, None, None)
    for look in looks_taken(evidence):
        confidence = confidence_at(schedule, look, settings.confidence, len(evidence.plan.candidates))
        seeds = evidence.seeds("comparison")[:look]
        spread = spread_between(evidence, candidate.arm, BASELINE, seeds)
        if spread is None:
            continue
        difference = as_difference(evidence, candidate.arm, BASELINE, seeds, spread, confidence)
        verdict = verdict_of(difference.low, difference.high, settings.practical_effect)
        is_settled = settled(verdict)
        judgement = Judgement(candidate, verdict, difference, spread, look if is_settled else None)
        if is_settled:
            break
    return judgement


def difference_between(
    evidence: Evidence, arm: str, reference: str, seeds: Iterable[int], confidence: float
) -> Difference | None:
    """Arm minus reference over those of the seeds that both finished; None for fewer than two, or if they are one."""
    chosen = list(seeds)
    if arm == reference:
        return None
    spread = spread_between(evidence, arm, reference, chosen)
    return None if spread is None else as_difference(evidence, arm, reference, chosen, spread, confidence)


def spread_between(evidence: Evidence, arm: str, reference: str, seeds: Iterable[int]) -> Spread | None:
    """How sure the difference of two arms is; None where fewer than two seeds gave one."""
    chosen = list(seeds)
    outcomes = paired_outcomes(
        only(evidence.records[arm], chosen), only(evidence.records[reference], chosen), evidence.groups
    )
    return None if outcomes is None else spread_of(outcomes)


def as_difference(
    evidence: Evidence, arm: str, reference: str, seeds: Iterable[int], spread: Spread, confidence: float
) -> Difference:
    """A spread as the report shows it."""
    one, other = only(evidence.records[arm], seeds), only(evidence.records[reference], seeds)
    interval = spread.interval(confidence)
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


def only(record: ArmRecord, seeds: Iterable[int]) -> ArmRecord:
    """The record on those of its seeds alone."""
    wanted = set(seeds)
    return ArmRecord(record.name, record.spec, {seed: each for seed, each in record.seeds.items() if seed in wanted})
