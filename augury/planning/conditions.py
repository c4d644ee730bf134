"""What judging models under conditions amounts to: which models, on which images, changed how."""

from __future__ import annotations

from collections.abc import Mapping

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.plans import BASELINE, Arm, ArmRole, Plan
from api_schemas.training.conditions import (
    ConditionName,
    ConditionsPlan,
    ConditionTarget,
    changed_images,
    other_datasets,
)
from api_schemas.training.evaluation import EvaluationSettings
from augury.planning.splits import split_sizes
from augury.value_scale import Values
from augury.wording import count, listed, shortened

MAX_IMAGES = 2_000
"""Of a validation set, or of another dataset, that one model is shown in one way.

They are a stratified choice. What is asked is a difference of two models on the same images, over all strengths and
seeds: with so many, its interval is mostly that of the training, and more images would narrow it little.
"""

_MIN_CHANNELS: Mapping[ConditionName, int] = {"colour_cast": 2}
_MAX_SCALES_APART = 1.5
"""Of floats, whose full scale is measured; those of integers are steps that lie farther apart."""
_MAX_NAMED, _MAX_NAME_LENGTH = 5, 40
_JUDGED = (ArmRole.BASELINE, ArmRole.CANDIDATE)


def conditions_plan(evaluation: EvaluationSettings, plan: Plan, facts: DatasetFacts | None) -> ConditionsPlan | None:
    """What the conditions of a comparison amount to; None where none are asked for.

    Args:
        evaluation: what was asked for.
        plan: of the comparison, as far as it is made.
        facts: of the dataset; None where it was not read yet.
    """
    if not evaluation.conditions:
        return None
    channels = None if facts is None else facts.shape[2]
    changes = changed_images(evaluation.conditions)
    skipped = {each.name: reason for each in changes if (reason := _obstacle(each.name, channels))}
    targets = [
        ConditionTarget(name=each.name, strengths=each.strengths) for each in changes if each.name not in skipped
    ]
    targets += [ConditionTarget(name=each, strengths=[]) for each in other_datasets(evaluation.conditions)]
    validated = MAX_IMAGES if facts is None else split_sizes(evaluation, facts, plan.held_out).validation
    shown = sum(len(each.strengths) * min(MAX_IMAGES, validated) or MAX_IMAGES for each in targets)
    models = len(judged_models(plan)) if targets else 0
    return ConditionsPlan(
        targets=targets, skipped=skipped, models=models, images_per_model=shown, images=models * shown
    )


def judged_models(plan: Plan) -> list[tuple[str, int]]:
    """The arms and seeds whose models are judged under conditions: seed by seed, so that early ones are pairs.

    Those of the first round, as later ones are trained where an earlier look at the evidence called for them. The list
    is the same however far the plan has come, so that a model's place in it is its number.
    """
    arms = dict.fromkeys([BASELINE, *(candidate.arm for candidate in plan.candidates)])
    return [(arm, seed) for seed in plan.seeds for arm in arms]


def is_judged_under_conditions(evaluation: EvaluationSettings, arm: Arm, seed: int) -> bool:
    """Whether a trial's model must be kept to be judged. One that nothing was augmented for is kept in any case."""
    is_asked = bool(evaluation.conditions) and arm.role in _JUDGED and arm.spec.has_augmentation
    return is_asked and 0 <= seed - evaluation.first_seed < evaluation.min_seeds


def dataset_obstacle(own: DatasetFacts, other: DatasetFacts) -> str | None:
    """Why models of one dataset cannot be judged on the images of another; None if they can.

    Both must have the same classes, in whatever order, images of one size, and values of one type and about one scale.
    """
    if set(own.classes) != set(other.classes):
        return f"its classes are others: {_differing(own, other)}"
    if own.shape != other.shape:
        return f"its images are {_size(other)}, and those trained on are {_size(own)}"
    if own.dtype != other.dtype:
        return f"its values are {other.dtype}, and those trained on are {own.dtype}"
    scales = Values.of(own).full_scale, Values.of(other).full_scale
    if max(scales) > _MAX_SCALES_APART * min(scales):
        return f"its full scale is {scales[1]:g}, and that of those trained on is {scales[0]:g}"
    return None


def _obstacle(name: ConditionName, channels: int | None) -> str | None:
    needed = _MIN_CHANNELS.get(name, 1)
    if channels is None or channels >= needed:
        return None
    return f"it needs images of {needed} channels or more, and these have {channels}"


def _differing(own: DatasetFacts, other: DatasetFacts) -> str:
    """The classes that it lacks, and those that it has besides, in words."""
    sides = (("it lacks", own, other), ("it has besides", other, own))
    said = [(words, [shortened(name, _MAX_NAME_LENGTH) for name in one.classes if name not in its.classes])
            for words, one, its in sides]  # fmt: skip
    return ", and ".join(f"{words} {listed(names, _MAX_NAMED)}" for words, names in said if names)


def _size(facts: DatasetFacts) -> str:
    height, width, channels = facts.shape
    return f"{height}x{width} with {count(channels, 'channel')}"
