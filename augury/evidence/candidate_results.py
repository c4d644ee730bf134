"""All that was measured of one candidate, gathered from a comparison's results: what its explanation starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from api_schemas.plans import BASELINE, ArmRole
from api_schemas.reports.evidence import Needed
from api_schemas.reports.report import Difference, Verdict
from augury.evidence.arm_results import ArmRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.judgement import Judgement, difference_between
from augury.evidence.probe_results import Probe
from augury.evidence.statistics.power import MAX_SEEDS, seeds_if_equivalent, shortfall
from augury.planning.splits import fixed_validation


@dataclass(frozen=True)
class CandidateResults:
    """One candidate against the baseline: the figures that the report has, and what they were made from."""

    name: str
    index: int
    """Among the report's candidates, counted from 0: for pointers into the report."""
    verdict: Verdict
    difference: Difference | None
    preprocessing_difference: Difference | None
    """Preprocessing-only arm minus baseline, at the verdict's confidence; None where they are one arm."""
    augmentation_difference: Difference | None
    """Candidate minus preprocessing-only arm, at the verdict's confidence; its very interval where that arm is the
    baseline, and None where the two are one arm."""
    baseline: ArmRecord
    preprocessing: ArmRecord
    """The arm with the candidate's preprocessing alone: the baseline's record where it preprocesses alike."""
    arm: ArmRecord
    probes: Sequence[Probe]
    """Of the baseline's models of some or all seeds; empty where none was asked."""
    class_names: Sequence[str]
    needed: Needed | None = None
    """What would decide an inconclusive verdict."""
    attribution: Mapping[str, ArmRecord] = field(default_factory=dict)
    """Arms of a full attribution by name: ``<candidate>:only:<parameter>`` and ``<candidate>:without:<parameter>``."""
    groups: npt.NDArray[np.int64] | None = None
    """Of the snapshot's images ``[N]``, where splits are drawn by groups."""
    confidence: float = 0.95
    """Of the verdict's interval, and of the classes' intervals and tests."""


def candidate_results(results: ComparisonResults, judgements: Sequence[Judgement], index: int) -> CandidateResults:
    """What was measured of a candidate, on the seeds and at the confidence of its verdict.

    Args:
        results: of all arms so far.
        judgements: of all candidates, in the report's order.
        index: of the candidate in question among them, counted from 0.
    """
    judgement = judgements[index]
    candidate = judgement.candidate
    seeds = judgement.seeds or results.seeds("comparison")
    records = {name: record.on_seeds(seeds) for name, record in results.records.items()}
    return CandidateResults(
        name=candidate.name,
        index=index,
        verdict=judgement.verdict,
        difference=judgement.difference,
        preprocessing_difference=_preprocessing_difference(results, judgements, candidate.preprocessing_arm),
        augmentation_difference=_augmentation_difference(results, judgement),
        baseline=records[BASELINE],
        preprocessing=records[candidate.preprocessing_arm],
        arm=records[candidate.arm],
        probes=results.probes,
        class_names=list(results.facts.classes),
        needed=_needed(judgement, results),
        attribution={
            arm.name: records[arm.name]
            for arm in results.plan.arms
            if arm.role == ArmRole.ATTRIBUTION and arm.name.startswith(f"{candidate.name}:")
        },
        groups=results.groups,
        confidence=judgement.confidence or results.request.evaluation.confidence,
    )


def _preprocessing_difference(
    results: ComparisonResults, judgements: Sequence[Judgement], arm: str
) -> Difference | None:
    """The preprocessing arm against the baseline: one interval, however many candidates have this preprocessing.

    It is the verdict's own where the arm is a candidate; else it is from the longest look among those that share it.
    """
    own = next((each.difference for each in judgements if each.candidate.arm == arm and each.difference), None)
    if own is not None and arm != BASELINE:
        return own
    sharing = [each for each in judgements if each.candidate.preprocessing_arm == arm and each.seeds]
    if not sharing:
        return None
    longest = max(sharing, key=lambda each: len(each.seeds))
    return difference_between(results, arm, BASELINE, longest.seeds, longest.confidence)


def _augmentation_difference(results: ComparisonResults, judgement: Judgement) -> Difference | None:
    """The candidate against its preprocessing alone: the verdict's own interval where that is the baseline."""
    candidate = judgement.candidate
    if candidate.preprocessing_arm == BASELINE != candidate.arm:
        return judgement.difference
    return difference_between(
        results, candidate.arm, candidate.preprocessing_arm, judgement.seeds, judgement.confidence
    )


def _needed(judgement: Judgement, results: ComparisonResults) -> Needed | None:
    """What would decide an inconclusive verdict; None for any other, and where nothing was measured."""
    if judgement.settled_at is not None or judgement.estimate is None or judgement.difference is None:
        return None
    settings, job_id = results.request.evaluation, results.job_id
    confidence = judgement.next_confidence or judgement.difference.confidence
    practical_effect = settings.practical_effect
    lacking = shortfall(judgement.estimate, practical_effect, confidence)
    if lacking.seeds is not None:
        sentence = f"If the difference is what was seen so far, about {lacking.seeds} seeds in all would decide it"
        is_offered = judgement.next_confidence is not None and lacking.seeds <= MAX_SEEDS
        sentence += f": augury extend {job_id} --seeds {lacking.seeds}." if is_offered else "."
    elif lacking.images is not None:
        images = "validation images" if fixed_validation(settings, results.facts) else "images"
        choice = results.metric.choice
        images += f" of “{choice.class_name}”" if choice.kind == "recall" else ""  # no others count
        sentence = (
            f"More than {MAX_SEEDS} seeds would not decide it: seeds share their validation images. About "
            f"{lacking.images:,} {images} in all would, if the difference is what was seen so far."
        )
    else:
        sentence = "The difference seen is zero and practical_effect leaves no margin: nothing would decide it."
    equivalent = seeds_if_equivalent(judgement.estimate, practical_effect, confidence)
    if equivalent is not None:
        sentence += f" If there is none at all, about {equivalent} seeds would show it to be equivalent."
    return Needed(seeds=lacking.seeds, images=lacking.images, seeds_if_equivalent=equivalent, sentence=sentence)
