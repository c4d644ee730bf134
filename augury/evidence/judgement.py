"""From the records of a comparison's arms to differences and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from api_schemas.plans import BASELINE, CandidatePlan
from api_schemas.reports.report import Difference, Verdict
from augury.evidence.arm_results import ArmRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.metrics.table import Metric
from augury.evidence.statistics.alpha_spending import confidence_at, next_share, settled
from augury.evidence.statistics.claims import means_at_equal_seeds
from augury.evidence.statistics.paired_outcomes import Integers, outcomes_of, paired_differences, units_of
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
        measured = measure_between(results, candidate.arm, BASELINE, seeds)
        if measured is None:
            judgement = replace(judgement, seeds=seeds, confidence=confidence)
            continue
        difference = measured.reported(confidence)
        verdict = verdict_of(difference.low, difference.high, settings.practical_effect)
        is_settled = settled(verdict)
        further = 0.0 if results.stopped else next_share(schedule, results.plan.reserve) * (1 - settings.confidence)
        following = 1 - further / len(results.plan.candidates) if further else None
        settled_at, estimate = look if is_settled else None, measured.estimate
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
    measured = measure_between(results, arm, reference, seeds)
    return None if measured is None else measured.reported(confidence)


@dataclass(frozen=True)
class MeasuredDifference:
    """By how much an arm is better than another, before there is an interval."""

    estimate: PairedDifference
    per_seed: Mapping[int, float]
    """Points, on the seeds that both arms finished and on which the metric is defined."""

    def reported(self, confidence: float) -> Difference:
        """As the report shows it."""
        interval = self.estimate.interval(confidence)
        return Difference(
            mean=interval.mean,
            low=interval.low,
            high=interval.high,
            confidence=confidence,
            standard_deviation=interval.standard_deviation,
            seeds=list(self.per_seed),
            per_seed=list(self.per_seed.values()),
        )


def measure_between(
    results: ComparisonResults, arm: str, reference: str, seeds: Sequence[int]
) -> MeasuredDifference | None:
    """Arm against reference; None where fewer than two of the seeds gave a difference."""
    return measure(
        results.records[arm].on_seeds(seeds), results.records[reference].on_seeds(seeds), results.metric, results.groups
    )


def measure(
    one: ArmRecord, other: ArmRecord, metric: Metric, groups: Integers | None = None
) -> MeasuredDifference | None:
    """By how much one arm is better than another; None where fewer than two of their seeds gave a difference.

    Args:
        one: the arm in question.
        other: the arm it is compared with, on the same images for the same seed.
        metric: that decides.
        groups: of the snapshot's images ``[N]``, where validation images are drawn in groups.

    Raises:
        ValueError: the arms were validated on different images.
    """
    differences = paired_differences(one, other, metric)
    outcomes = outcomes_of(differences, units_of(one, groups))
    if outcomes is None:
        return None
    if metric.is_accuracy:  # as the trials' own figures have it, to the last digit
        per_seed = [100 * (one.seeds[seed].accuracy - other.seeds[seed].accuracy) for seed in differences]
    else:
        per_seed = outcomes.per_seed.tolist()
    return MeasuredDifference(estimate_paired_difference(outcomes), dict(zip(differences, per_seed, strict=True)))
