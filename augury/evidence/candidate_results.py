"""Why a candidate did as it did: the question that ``augury.evidence.why`` answers, from a comparison's records."""

from __future__ import annotations

from collections.abc import Iterable

from api_schemas.plans import BASELINE, ArmRole
from api_schemas.reports.evidence import Needed
from augury.evidence.arm_results import ArmRecord
from augury.evidence.comparison_results import Evidence
from augury.evidence.judgement import Judgement, difference_between, only
from augury.evidence.probe_results import Probe
from augury.evidence.statistics.power import MAX_SEEDS, shortfall
from augury.evidence.why.diagnosis import Question


def question_of(evidence: Evidence, judgement: Judgement, place: int) -> Question:
    """What is asked about the candidate at that place of the report, with all that was measured of it."""
    candidate, confidence = judgement.candidate, evidence.request.evaluation.confidence
    seeds = evidence.seeds("comparison")
    return Question(
        name=candidate.name,
        place=place,
        verdict=judgement.verdict,
        difference=judgement.difference,
        preprocessing_difference=difference_between(evidence, candidate.preprocessing_arm, BASELINE, seeds, confidence),
        augmentation_difference=difference_between(
            evidence, candidate.arm, candidate.preprocessing_arm, seeds, confidence
        ),
        baseline=_record(evidence, BASELINE, seeds),
        preprocessing=_record(evidence, candidate.preprocessing_arm, seeds),
        arm=_record(evidence, candidate.arm, seeds),
        probes=[Probe.model_validate(probe) for probe in evidence.probes],
        class_names=list(evidence.facts.classes),
        needed=needed_by(evidence, judgement),
        attribution={
            arm.name: _record(evidence, arm.name, seeds)
            for arm in evidence.plan.arms
            if arm.role == ArmRole.ATTRIBUTION and arm.name.startswith(f"{candidate.name}:")
        },
        groups=evidence.groups,
        confidence=confidence,
    )


def needed_by(evidence: Evidence, judgement: Judgement) -> Needed | None:
    """What would decide an inconclusive verdict; None for any other, and where nothing was measured."""
    if judgement.settled_at is not None or judgement.spread is None or judgement.difference is None:
        return None
    margin = evidence.request.evaluation.practical_effect
    lacking = shortfall(judgement.spread, margin, judgement.difference.confidence)
    if lacking.seeds is not None:
        sentence = f"If it goes on as seen, about {lacking.seeds} seeds in all would decide it."
    elif lacking.images is not None:
        sentence = (
            f"More than {MAX_SEEDS} seeds would not decide it: seeds share their validation images. About "
            f"{lacking.images:,} images in all would, if it goes on as seen."
        )
    else:
        sentence = "The difference seen is zero and practical_effect leaves no margin: nothing would decide it."
    return Needed(seeds=lacking.seeds, images=lacking.images, sentence=sentence)


def _record(evidence: Evidence, arm: str, seeds: Iterable[int]) -> ArmRecord:
    return only(evidence.records[arm], seeds)
