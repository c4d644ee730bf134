"""Trials and probes with planted figures, for what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.reports.report import Difference, Verdict
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.candidate_results import CandidateResults
from augury.evidence.dose_response import doses, random_values
from augury.evidence.probe_results import CandidateProbe, ClassCounts, DoseProbe, ParameterProbe, Probe

SHAPE = (28, 28, 1)
CLASSES = ("cat", "dog")
IMAGES = 200
CLEAN_ACCURACY = 0.9

BASELINE_SPEC = ImageDataGeneratorSpec(rescale=1 / 255)
OVER = ImageDataGeneratorSpec(
    rotation_range=90.0, width_shift_range=0.5, height_shift_range=0.5, shear_range=0.5, zoom_range=0.5,
    horizontal_flip=True, rescale=1 / 255,
)  # fmt: skip
OVER_AFFINITIES = {
    "rotation_range": 0.6,
    "width_shift_range": 0.5,
    "height_shift_range": 0.5,
    "shear_range": 1.0,
    "zoom_range": 0.9,
    "horizontal_flip": 0.7,
}


def judged(accuracy: float, images: int = IMAGES) -> ClassCounts:
    """Both classes alike; all of the mistakes are one class for the other."""
    each = images // 2
    right = round(accuracy * each)
    wrong = each - right
    return ClassCounts(
        shown=[each, each], correct=[right, right], mistakes=[(0, 1, wrong), (1, 0, wrong)] if wrong else []
    )


def probe(
    spec: ImageDataGeneratorSpec,
    affinities: Mapping[str, float],
    *,
    seed: int = 0,
    name: str = "over",
    seen: Mapping[str, float] | None = None,
    drawn: Mapping[str, float] | None = None,
    whole: float | None = None,
) -> Probe:
    """A probe of one candidate; a parameter's affinity falls in a straight line from 1 to the one that is given.

    Images change by half of their standard deviation, or by what is *seen*, and are *drawn* as they are seen, or else.
    """
    seen, drawn = seen or {}, drawn or {}
    parameters = []
    for parameter, value in random_values(spec).items():
        end = affinities[parameter]
        parameters.append(
            ParameterProbe(
                parameter=parameter,
                value=value,
                judged=judged(CLEAN_ACCURACY * end),
                doses=[
                    DoseProbe(fraction=part, value=weaker, judged=judged(CLEAN_ACCURACY * (1 - part * (1 - end))))
                    for part, weaker in doses(parameter, value, SHAPE)
                ],
                unchanged=0.0,
                drawn_change=drawn.get(parameter, seen.get(parameter, 0.5)),
                seen_change=seen.get(parameter, 0.5),
            )
        )
    together = float(np.prod(list(affinities.values()))) if whole is None else whole
    return Probe(
        seed=seed,
        shape=SHAPE,
        value_range=(0.0, 255.0),
        seen_range=(0.0, 1.0),
        clean=judged(CLEAN_ACCURACY),
        candidates={
            name: CandidateProbe(judged=judged(CLEAN_ACCURACY * together), unchanged=0.0, parameters=parameters)
        },
    )


def arm(
    name: str,
    spec: ImageDataGeneratorSpec,
    accuracies: Sequence[float],
    *,
    training: float = 1.0,
    loss: float | None = 0.1,
    still_improving: bool = False,
) -> ArmRecord:
    """Trials of seeds 0, 1, ... with these accuracies on 200 images of two classes."""
    labels = np.repeat([0, 1], IMAGES // 2)
    seeds = {}
    for seed, accuracy in enumerate(accuracies):
        wrong = np.arange(IMAGES) % (IMAGES // 2) >= round(accuracy * IMAGES / 2)
        seeds[seed] = SeedRecord(
            accuracy=accuracy,
            clean_training_accuracy=training,
            final_training_loss=loss,
            still_improving=still_improving,
            diverged=False,
            indices=np.arange(IMAGES),
            labels=labels,
            predicted=np.where(wrong, 1 - labels, labels),
        )
    return ArmRecord(name, spec, seeds)


def difference(mean: float, half_width: float = 1.0) -> Difference:
    """A difference over three seeds."""
    return Difference(
        mean=mean, low=mean - half_width, high=mean + half_width, confidence=0.95, standard_deviation=half_width / 2,
        seeds=[0, 1, 2], per_seed=[mean, mean, mean],
    )  # fmt: skip


BASELINE = arm("baseline", BASELINE_SPEC, [0.9, 0.9, 0.9])


def results_of(
    candidate: ArmRecord,
    probes: Sequence[Probe] = (),
    *,
    verdict: Verdict = Verdict.HURTS,
    total: float = -30.0,
    preprocessing: ArmRecord = BASELINE,
    preprocessing_points: float | None = None,
    augmentation_points: float | None = None,
    baseline: ArmRecord = BASELINE,
) -> CandidateResults:
    """What was measured of a candidate; without more, all of its difference is its random transforms'."""
    random_half = total - (preprocessing_points or 0.0) if augmentation_points is None else augmentation_points
    return CandidateResults(
        name=candidate.name,
        index=0,
        verdict=verdict,
        difference=difference(total),
        preprocessing_difference=None if preprocessing_points is None else difference(preprocessing_points),
        augmentation_difference=difference(random_half),
        baseline=baseline,
        preprocessing=preprocessing,
        arm=candidate,
        probes=probes,
        class_names=CLASSES,
    )


def over_results(**changes: object) -> CandidateResults:
    """The standing example's strongest candidate, as it comes out on digits, with three seeds."""
    candidate = arm("over", OVER, [0.6, 0.6, 0.6], training=0.7, loss=1.0)
    probes = [probe(OVER, OVER_AFFINITIES, seed=seed, seen={"shear_range": 0.01}) for seed in range(3)]
    return results_of(candidate, probes, **changes)  # type: ignore[arg-type]
