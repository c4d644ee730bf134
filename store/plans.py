"""From a request to arms, and from an arm and a seed to a trial's definition.

The service needs this to show a plan, the workers to carry it out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.jobs import ComparisonRequest
from api_schemas.models import EvaluationSettings
from api_schemas.plans import Arm, ArmRole, CandidatePlan, Plan
from store import trials
from store.canonical import digest
from store.tables import DatasetRow

TRAINING_VERSION = "2"
"""Part of every trial's key: raise it when the same definition would give another result."""

BASELINE = "baseline"


def default_baseline(stored_dtype: str) -> ImageDataGeneratorSpec:
    """Integer images are brought to 0-1; floats are taken as they are."""
    largest = {"uint8": 255, "uint16": 65_535}.get(stored_dtype)
    return ImageDataGeneratorSpec() if largest is None else ImageDataGeneratorSpec(rescale=1 / largest)


def plan_comparison(request: ComparisonRequest, stored_dtype: str) -> Plan:
    """The arms of a comparison: the baseline, each candidate, and each other preprocessing without augmentation."""
    baseline = request.baseline.spec if request.baseline else default_baseline(stored_dtype)
    preprocessing_arms = {baseline.preprocessing(): BASELINE}
    arms = [Arm(name=BASELINE, role=ArmRole.BASELINE, spec=baseline)]
    candidates = []
    for candidate in request.candidates:
        preprocessing = candidate.spec.preprocessing()
        if preprocessing not in preprocessing_arms:
            alone = not candidate.spec.has_augmentation
            name = candidate.name if alone else f"{candidate.name}:preprocessing"
            preprocessing_arms[preprocessing] = name
            if not alone:
                arms.append(Arm(name=name, role=ArmRole.PREPROCESSING, spec=preprocessing))
        arms.append(Arm(name=candidate.name, role=ArmRole.CANDIDATE, spec=candidate.spec))
        candidates.append(
            CandidatePlan(name=candidate.name, arm=candidate.name, preprocessing_arm=preprocessing_arms[preprocessing])
        )
    first = request.evaluation.first_seed
    seeds = list(range(first, first + request.evaluation.seeds))
    return Plan(arms=arms, candidates=candidates, seeds=seeds, trials=len(arms) * len(seeds))


def places(plan: Plan) -> Iterator[tuple[Arm, int]]:
    """Every arm on every seed, seed by seed, so that early results are paired ones."""
    for seed in plan.seeds:
        for arm in plan.arms:
            yield arm, seed


def trial_definition(request: ComparisonRequest, arm: Arm, seed: int, dataset_digest: str) -> dict[str, Any]:
    """Everything that determines a trial's result, and nothing else."""
    return {
        "version": TRAINING_VERSION,
        "engine": request.engine,
        "dataset": dataset_digest,
        "split": {
            "validation_fraction": request.evaluation.validation_fraction,
            "training_images": request.evaluation.training_images,
        },
        "model": request.model.model_dump(mode="json"),
        "training": request.training.model_dump(mode="json"),
        "spec": arm.spec.model_dump(mode="json"),
        "seed": seed,
    }


def setting_of(definition: dict[str, Any]) -> str:
    """Trials of one setting take about the same time: they differ in spec and seed only."""
    return digest({name: definition[name] for name in ("engine", "dataset", "split", "model", "training")})


def split_sizes(evaluation: EvaluationSettings, images: int) -> tuple[int, int]:
    """How many images a split trains on and validates on."""
    validation = math.ceil(images * evaluation.validation_fraction)
    return evaluation.training_images or images - validation, validation


def split_obstacle(evaluation: EvaluationSettings, images_per_class: list[int]) -> str | None:
    """Why images cannot be split as asked, said to a person; None if they can."""
    images, classes = sum(images_per_class), len(images_per_class)
    training, validation = split_sizes(evaluation, images)
    if classes < 2:
        return f"the dataset has {classes} class; a comparison of accuracies needs two or more"
    if min(images_per_class) < 2:
        return "a class has a single image, which cannot be both trained on and validated on"
    if training + validation > images:
        return (
            f"{training} training images and {validation} validation images (validation_fraction "
            f"{evaluation.validation_fraction:g}) are more than the dataset's {images}"
        )
    if min(training, validation) < classes:
        return f"{training} training and {validation} validation images cannot hold every one of {classes} classes"
    return None


def with_reuse_and_estimate(session: Session, request: ComparisonRequest, plan: Plan, dataset: DatasetRow) -> Plan:
    """The plan with what is known about its trials once the dataset is."""
    if dataset.digest is None:
        return plan
    definitions = [trial_definition(request, arm, seed, dataset.digest) for arm, seed in places(plan)]
    keys = {trials.key_of(definition) for definition in definitions}
    reusable = sum(trials.is_trained(session, key) for key in keys)
    repeated = len(definitions) - len(keys)
    mean = trials.mean_seconds(session, setting_of(definitions[0]))
    due = len(keys) - reusable
    return plan.model_copy(
        update={
            "trials_reusable": reusable + repeated,
            "estimated_seconds": None if mean is None else round(due * mean, 1),
        }
    )
