"""Why a dataset cannot be split as asked, said before anything is trained, from its facts alone."""

from __future__ import annotations

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.training.evaluation import EvaluationSettings
from augury.planning.splits import fixed_validation, held_out_images, held_out_share, images_in, split_sizes

_MIN_IMAGES_BESIDE_HELD_OUT = 3  # of a class: one is held out, one trained on, one validated on
_MIN_IMAGES_OF_A_HALVED_SPLIT = 2


def split_problem(evaluation: EvaluationSettings, facts: DatasetFacts, *, recommend: bool = False) -> str | None:
    """Why images cannot be split as asked, said to a person; None if they can.

    Args:
        evaluation: what was asked for.
        facts: of the dataset.
        recommend: whether a recommendation is to be confirmed, for which images have to be held out.
    """
    classes = len(facts.classes)
    if classes < 2:
        return f"the dataset has {classes} class, which can be augmented; accuracies need two or more classes"
    fixed = fixed_validation(evaluation, facts)
    held_out = held_out_share(evaluation, facts) if recommend else None
    if fixed is not None:
        return _fixed_split_problem(evaluation, facts, fixed, held_out)
    return _drawn_split_problem(evaluation, facts, held_out)


def test_problem(evaluation: EvaluationSettings, facts: DatasetFacts) -> str | None:
    """Why the dataset's test split cannot be scored at the end as was asked, said to a person; None if it can.

    Args:
        evaluation: what was asked for.
        facts: of the dataset.
    """
    if not evaluation.tests_on_split:
        return None
    if fixed_validation(evaluation, facts) != "validation":
        there = ", ".join(name for name, images in facts.splits.items() if images) or "none"
        return (
            "a test split is untouched only beside a 'train' and a 'validation' split of the dataset's own, which "
            f"evaluation.splits has to leave as they are ('auto'); the dataset's own splits are: {there}"
        )
    empty = [name for name in facts.classes if not facts.splits.get("test", {}).get(name)]
    if empty:
        return f"the dataset's own 'test' split has no image of class {empty[0]!r}{_and_more(empty)}"
    return None


def _fixed_split_problem(
    evaluation: EvaluationSettings, facts: DatasetFacts, fixed: str, held_out: float | None
) -> str | None:
    for split in ("train", fixed):
        empty = [name for name in facts.classes if not facts.splits[split].get(name)]
        if empty:
            return (
                f"the dataset's own {split!r} split has no image of class {empty[0]!r}{_and_more(empty)}; "
                "add some, or draw splits with evaluation.splits='random'"
            )
    images, asked, classes = images_in(facts, "train"), evaluation.training_images, len(facts.classes)
    if asked is not None and asked > images:
        return f"{asked} training images are more than the {images} of the dataset's own 'train' split"
    if asked is not None and asked < classes:
        return f"{asked} training images cannot hold every one of {classes} classes"
    few = [name for name in facts.classes if facts.splits[fixed][name] < _MIN_IMAGES_OF_A_HALVED_SPLIT]
    if held_out is not None and few:
        return (
            f"a recommendation is confirmed on half of the {fixed!r} images, which the search does not see, and "
            f"class {few[0]!r}{_and_more(few)} has a single one there; add some, or leave out 'recommend'"
        )
    return None


def _drawn_split_problem(evaluation: EvaluationSettings, facts: DatasetFacts, held_out: float | None) -> str | None:
    classes, (training, validation) = len(facts.classes), split_sizes(evaluation, facts, held_out)
    kept = held_out_images(facts.images, held_out)
    empty = [name for name, images in facts.classes.items() if images == 0]
    if empty:
        return f"class {empty[0]!r}{_and_more(empty)} has no image"
    if min(facts.classes.values()) < 2:
        return "a class has a single image, which cannot be both trained on and validated on"
    if held_out is not None and (min(facts.classes.values()) < _MIN_IMAGES_BESIDE_HELD_OUT or kept < classes):
        return (
            f"{_kept_for(kept)}, and a class has too few images to be trained on, validated on and held out; "
            "leave out 'recommend'"
        )
    if training + validation + kept > facts.images:
        return (
            f"{training} training images and {validation} validation images (validation_fraction "
            f"{evaluation.validation_fraction:g}) are more than "
            + (f"the dataset's {facts.images}" if not kept else f"the {facts.images - kept} left; {_kept_for(kept)}")
        )
    if min(training, validation) < classes:
        return f"{training} training and {validation} validation images cannot hold every one of {classes} classes"
    if facts.groups is not None:
        return _groups_problem(evaluation.validation_fraction, facts.groups, held_out)
    return None


def _groups_problem(fraction: float, groups: int, held_out: float | None) -> str | None:
    fewest = groups_needed(fraction)
    if held_out is not None:
        needed = fewest + groups_needed(held_out) - 1
        if groups < needed:
            return (
                f"the dataset has {groups} groups, and a validation_fraction of {fraction:g} beside the share of "
                f"{held_out:g} that is kept for confirming the recommendation needs {needed} or more, as a group is "
                "never on both sides; leave out 'recommend', or choose a fraction nearer to 0.5"
            )
    if groups < fewest:
        return (
            f"the dataset has {groups} groups, and a validation_fraction of {fraction:g} "
            f"needs {fewest} or more, as a group is never on both sides; choose a fraction nearer to 0.5"
        )
    return None


def _kept_for(kept: int) -> str:
    return f"{kept} images are kept for confirming the recommendation"


def groups_needed(validation_fraction: float) -> int:
    """How many groups it takes for one of them to be about as large as the smaller side of the split."""
    return max(2, round(1 / min(validation_fraction, 1 - validation_fraction)))


def _and_more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""
