"""How a dataset is divided into what a trial trains on and what it validates on, before any of it is drawn.

The planner needs this to define trials, the report for its sizes; the drawing itself is in ``augury.training.splits``,
what stands in its way in ``augury.planning.split_problems``.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.training.evaluation import EvaluationSettings

_VALIDATED_ON = ("validation", "test")  # the first that a dataset has; a test split beside another stays untouched


HELD_OUT = "held_out"
"""What a round is validated on that is judged by images which were kept from all others; no split is called so."""

_HELD_OUT_SHARE = 0.2
_HELD_OUT_SHARE_OF_A_SPLIT = 0.5


class _Frozen(BaseModel):
    """Part of what a trial is addressed by, so its fields and their forms stay as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class HeldOut(_Frozen):
    """Images that no trial of a search sees, so that what the search found can be confirmed on them.

    They are the same for all seeds and for all jobs of a dataset.
    """

    share: float
    """Of all images; with a fixed split, of those that are validated on."""
    is_validated_on: bool
    """The trial is a confirmation's: it trains as one of the search does, and is judged on these images."""


class _Definition(_Frozen):
    training_images: int | None
    """Drawn per seed from the side to train on; None: all that is there."""
    held_out: HeldOut | None = None
    """Only said where there is something, as older definitions do not have it."""
    training_share: float | None = None
    """Of the images that the same split trains on without it, in (0, 1): what is validated on stays the same, and a
    smaller share is part of a larger one. Only said where it is asked for."""

    def canonical(self) -> dict[str, Any]:
        """The definition as JSON values."""
        unsaid = {name for name in ("held_out", "training_share") if getattr(self, name) is None}
        return self.model_dump(mode="json", exclude=unsaid)


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
    if evaluation.splits == "random" or not images_in(facts, "train"):
        return None
    return next((name for name in _VALIDATED_ON if images_in(facts, name)), None)


def untouched_test(evaluation: EvaluationSettings, facts: DatasetFacts) -> str | None:
    """The dataset's own test split where a recommendation may be confirmed on it; else None.

    No trial of the comparison sees it then, it has every class, and it is not kept for a last score.
    """
    if evaluation.tests_on_split or fixed_validation(evaluation, facts) != "validation":
        return None
    return "test" if all(facts.splits.get("test", {}).get(name) for name in facts.classes) else None


def held_out_share(evaluation: EvaluationSettings, facts: DatasetFacts) -> float | None:
    """The share of the images that is kept from a search which ends in a recommendation; see ``HeldOut``.

    None where the dataset brings images of its own to confirm on.
    """
    if untouched_test(evaluation, facts) is not None:
        return None
    return _HELD_OUT_SHARE if fixed_validation(evaluation, facts) is None else _HELD_OUT_SHARE_OF_A_SPLIT


def split_definition(
    evaluation: EvaluationSettings,
    facts: DatasetFacts,
    validated_on: str | None = None,
    held_out: float | None = None,
    training_share: float | None = None,
) -> SplitDefinition:
    """How trials of a dataset are split.

    Args:
        evaluation: what was asked for.
        facts: of the dataset.
        validated_on: what else than usual the trial is judged by: another of the dataset's splits, or ``HELD_OUT``.
        held_out: the share of the images that is kept from the search, see ``held_out_share``.
        training_share: of the images to train on, in (0, 1); None: all of them.
    """
    kept = None if held_out is None else HeldOut(share=held_out, is_validated_on=validated_on == HELD_OUT)
    other_split = None if validated_on == HELD_OUT else validated_on
    fixed = other_split or fixed_validation(evaluation, facts)
    fraction, images, share = evaluation.validation_fraction, evaluation.training_images, training_share
    if fixed is not None:
        return FixedSplit(validation=fixed, training_images=images, held_out=kept, training_share=share)
    if facts.groups is None:
        return RandomSplit(validation_fraction=fraction, training_images=images, held_out=kept, training_share=share)
    return GroupedSplit(
        drawing=2, validation_fraction=fraction, training_images=images, held_out=kept, training_share=share
    )


def images_of_share(images: int, share: float) -> int:
    """How many of so many training images a share of them is, in (0, 1]."""
    return max(1, round(images * share))


def held_out_images(images: int, share: float | None) -> int:
    """How many of so many images are held out; with groups, about so many."""
    return 0 if share is None else math.ceil(images * share)


def split_sizes(evaluation: EvaluationSettings, facts: DatasetFacts, held_out: float | None = None) -> SplitSizes:
    """How many images a split trains on and validates on, of those that are not held out."""
    fixed = fixed_validation(evaluation, facts)
    if fixed is not None:
        validated = images_in(facts, fixed)
        training = evaluation.training_images or images_in(facts, "train")
        return SplitSizes(training, validated - held_out_images(validated, held_out))
    fraction, images = evaluation.validation_fraction, facts.images - held_out_images(facts.images, held_out)
    validation = math.ceil(images * fraction) if facts.groups is None else round(images * fraction)
    return SplitSizes(evaluation.training_images or images - validation, validation)


def images_in(facts: DatasetFacts, split: str) -> int:
    """How many images a split of the dataset has."""
    return sum(facts.splits.get(split, {}).values())
