"""How a dataset is divided into what a trial trains on and what it validates on, before any of it is drawn.

The service needs this to refuse what cannot be done, the planner to define trials, the report for its sizes; the
drawing itself is in ``augury.training.splits``.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.training.models import EvaluationSettings

_VALIDATED_ON = ("validation", "test")  # the first that a dataset has; a test split beside another stays untouched


class _Definition(BaseModel):
    """Part of what a trial is addressed by, so its fields and their forms stay as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    training_images: int | None
    """Drawn per seed from the side to train on; None: all that is there."""


class RandomSplit(_Definition):
    """Every seed draws its own stratified split."""

    kind: Literal["random"] = "random"
    validation_fraction: float


class GroupedSplit(_Definition):
    """Every seed draws its own split, with no group on both sides."""

    kind: Literal["grouped"] = "grouped"
    drawing: Literal[2]
    """How groups are drawn. Definitions without it took one of a few folds, most often the same one."""
    validation_fraction: float


class FixedSplit(_Definition):
    """The dataset's own split."""

    kind: Literal["fixed"] = "fixed"
    validation: str
    """The part of the dataset that is validated on."""


SplitDefinition = RandomSplit | GroupedSplit | FixedSplit
"""The split's part of a trial's definition: what determines it, and nothing else."""


class SplitSizes(NamedTuple):
    """Images that a trial trains on and validates on; with groups, about so many."""

    training: int
    validation: int


def fixed_validation(evaluation: EvaluationSettings, facts: DatasetFacts) -> str | None:
    """The name of the dataset's own split that every trial validates on; None where every seed draws its own."""
    if evaluation.splits == "random" or not _images_in(facts, "train"):
        return None
    return next((name for name in _VALIDATED_ON if _images_in(facts, name)), None)


def untouched_test(evaluation: EvaluationSettings, facts: DatasetFacts) -> str | None:
    """The dataset's own test split where no trial of a comparison sees it and it has every class; else None."""
    if fixed_validation(evaluation, facts) != "validation":
        return None
    return "test" if all(facts.splits.get("test", {}).get(name) for name in facts.classes) else None


def groups_needed(validation_fraction: float) -> int:
    """How many groups it takes for one of them to be about as large as the smaller side of the split."""
    return max(2, round(1 / min(validation_fraction, 1 - validation_fraction)))


def split_definition(
    evaluation: EvaluationSettings, facts: DatasetFacts, validated_on: str | None = None
) -> SplitDefinition:
    """How the trials of this dataset are split; *validated_on* is another of its own splits than the usual one."""
    fixed = validated_on or fixed_validation(evaluation, facts)
    if fixed is not None:
        return FixedSplit(validation=fixed, training_images=evaluation.training_images)
    fraction, training_images = evaluation.validation_fraction, evaluation.training_images
    if facts.groups is None:
        return RandomSplit(validation_fraction=fraction, training_images=training_images)
    return GroupedSplit(drawing=2, validation_fraction=fraction, training_images=training_images)


def split_sizes(evaluation: EvaluationSettings, facts: DatasetFacts) -> SplitSizes:
    """How many images a split trains on and validates on."""
    fixed = fixed_validation(evaluation, facts)
    if fixed is not None:
        return SplitSizes(evaluation.training_images or _images_in(facts, "train"), _images_in(facts, fixed))
    fraction = evaluation.validation_fraction
    validation = math.ceil(facts.images * fraction) if facts.groups is None else round(facts.images * fraction)
    return SplitSizes(evaluation.training_images or facts.images - validation, validation)


def split_problem(evaluation: EvaluationSettings, facts: DatasetFacts) -> str | None:
    """Why images cannot be split as asked, said to a person; None if they can."""
    classes = len(facts.classes)
    if classes < 2:
        return f"the dataset has {classes} class, which can be augmented; accuracies need two or more classes"
    fixed = fixed_validation(evaluation, facts)
    return _fixed_split_problem(evaluation, facts, fixed) if fixed else _drawn_split_problem(evaluation, facts)


def _fixed_split_problem(evaluation: EvaluationSettings, facts: DatasetFacts, fixed: str) -> str | None:
    for split in ("train", fixed):
        empty = [name for name in facts.classes if not facts.splits[split].get(name)]
        if empty:
            return (
                f"the dataset's own {split!r} split has no image of class {empty[0]!r}{_and_more(empty)}; "
                "add some, or draw splits with evaluation.splits='random'"
            )
    images, asked, classes = _images_in(facts, "train"), evaluation.training_images, len(facts.classes)
    if asked is not None and asked > images:
        return f"{asked} training images are more than the {images} of the dataset's own 'train' split"
    if asked is not None and asked < classes:
        return f"{asked} training images cannot hold every one of {classes} classes"
    return None


def _drawn_split_problem(evaluation: EvaluationSettings, facts: DatasetFacts) -> str | None:
    classes, (training, validation) = len(facts.classes), split_sizes(evaluation, facts)
    empty = [name for name, images in facts.classes.items() if images == 0]
    if empty:
        return f"class {empty[0]!r}{_and_more(empty)} has no image"
    if min(facts.classes.values()) < 2:
        return "a class has a single image, which cannot be both trained on and validated on"
    if training + validation > facts.images:
        return (
            f"{training} training images and {validation} validation images (validation_fraction "
            f"{evaluation.validation_fraction:g}) are more than the dataset's {facts.images}"
        )
    if min(training, validation) < classes:
        return f"{training} training and {validation} validation images cannot hold every one of {classes} classes"
    fewest = groups_needed(evaluation.validation_fraction)
    if facts.groups is not None and facts.groups < fewest:
        return (
            f"the dataset has {facts.groups} groups, and a validation_fraction of {evaluation.validation_fraction:g} "
            f"needs {fewest} or more, as a group is never on both sides; choose a fraction nearer to 0.5"
        )
    return None


def _images_in(facts: DatasetFacts, split: str) -> int:
    return sum(facts.splits.get(split, {}).values())


def _and_more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""
