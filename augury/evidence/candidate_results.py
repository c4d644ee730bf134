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


@dataclass(frozen=True)
class CandidateResults:
    """One candidate against the baseline: the figures that the report has, and what they were made from."""

    name: str
    index: int
    """Among the report's candidates, counted from 0: for pointers into the report."""
    verdict: Verdict
    difference: Difference | None
    preprocessing_difference: Difference | None
    """Preprocessing-only arm minus baseline; None where they are one arm."""
    augmentation_difference: Difference | None
    """Candidate minus preprocessing-only arm."""
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
    """Of the classes' intervals and tests."""


def candidate_results(results: ComparisonResults, judgement: Judgement, index: int) -> CandidateResults:
    """What was measured of the judged candidate, which is number *index* of the report, counted from 0."""
    candidate, confidence = judgement.candidate, results.request.evaluation.confidence
    seeds = results.seeds("comparison")
    records = {name: record.on_seeds(seeds) for name, record in results.records.items()}
    return CandidateResults(
        name=candidate.name,
        index=index,
        verdict=judgement.verdict,
        difference=judgement.difference,
        preprocessing_difference=difference_between(results, candidate.preprocessing_arm, BASELINE, seeds, confidence),
        augmentation_difference=difference_between(
            results, candidate.arm, candidate.preprocessing_arm, seeds, confidence
        ),
        baseline=records[BASELINE],
        preprocessing=records[candidate.preprocessing_arm],
        arm=records[candidate.arm],
        probes=results.probes,
        class_names=list(results.facts.classes),
        needed=_needed(judgement, results.request.evaluation.practical_effect, results.job_id),
        attribution={
            arm.name: records[arm.name]
            for arm in results.plan.arms
            if arm.role == ArmRole.ATTRIBUTION and arm.name.startswith(f"{candidate.name}:")
        },
        groups=results.groups,
        confidence=confidence,
    )


def _needed(judgement: Judgement, practical_effect: float, job_id: str) -> Needed | None:
    """What would decide an inconclusive verdict; None for any other, and where nothing was measured."""
    if judgement.settled_at is not None or judgement.estimate is None or judgement.difference is None:
        return None
    confidence = judgement.next_confidence or judgement.difference.confidence
    lacking = shortfall(judgement.estimate, practical_effect, confidence)
    if lacking.seeds is not None:
        sentence = f"If the difference is what was seen so far, about {lacking.seeds} seeds in all would decide it"
        is_offered = judgement.next_confidence is not None and lacking.seeds <= MAX_SEEDS
        sentence += f": augury extend {job_id} --seeds {lacking.seeds}." if is_offered else "."
    elif lacking.images is not None:
        sentence = (
            f"More than {MAX_SEEDS} seeds would not decide it: seeds share their validation images. About "
            f"{lacking.images:,} images in all would, if the difference is what was seen so far."
        )
    else:
        sentence = "The difference seen is zero and practical_effect leaves no margin: nothing would decide it."
    equivalent = seeds_if_equivalent(judgement.estimate, practical_effect, confidence)
    if equivalent is not None:
        sentence += f" If there is none at all, about {equivalent} seeds would show it to be equivalent."
    return Needed(seeds=lacking.seeds, images=lacking.images, seeds_if_equivalent=equivalent, sentence=sentence)
