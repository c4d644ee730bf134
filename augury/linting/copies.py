"""Rules about single images of the dataset: copies of others, and images with hardly anything on them."""

from __future__ import annotations

from api_schemas.lint import Severity
from augury.linting.case import Case, Hit, Rule

MANY_COPIES = 0.01
"""Of all images. So many on both sides of a split can raise an accuracy by as many hundredths."""


def _across_splits(case: Case) -> Hit | None:
    if case.facts is None or not case.facts.duplicates_across_splits:
        return None
    return Hit({"count": case.facts.duplicates_across_splits})


def _in_random_splits(case: Case) -> Hit | None:
    facts = case.facts
    if facts is None or facts.splits or facts.groups is not None or facts.duplicates < MANY_COPIES * facts.images:
        return None
    return Hit({"count": facts.duplicates, "images": facts.images}) if facts.duplicates else None


def _with_other_label(case: Case) -> Hit | None:
    if case.facts is None or not case.facts.duplicates_with_other_label:
        return None
    return Hit({"count": case.facts.duplicates_with_other_label})


def _near_constant(case: Case) -> Hit | None:
    if case.facts is None or not case.facts.near_constant or not case.spec.samplewise_std_normalization:
        return None
    return Hit({"count": case.facts.near_constant}, {"samplewise_std_normalization": False})


RULES = (
    Rule(
        id="copies-across-splits",
        severity=Severity.WARNING,
        parameters=(),
        trigger="images that are exact copies of images in another fixed split",
        why="The model has seen what it is validated on, and what helps it to remember looks like a gain.",
        message="{count} images are exact copies of images in another split, so accuracy there is overstated.",
        remedy="Remove the copies from one of the splits, and register the dataset again.",
        check=_across_splits,
        reference="arXiv:1902.00423",
    ),
    Rule(
        id="copies-in-random-splits",
        severity=Severity.WARNING,
        parameters=(),
        trigger="exact copies of at least 1 % of the images, without fixed splits or groups",
        why="A random split puts some copies on both sides, where augmentation only makes them harder to remember.",
        message="{count} of {images} images are exact copies of others, and may land on both sides of a split.",
        remedy="Remove the copies, or give copies of one image the same group.",
        check=_in_random_splits,
        reference="arXiv:1902.00423",
    ),
    Rule(
        id="copies-contradict",
        severity=Severity.WARNING,
        parameters=(),
        trigger="images that are exact copies of images of another class",
        why="One of the two labels is wrong, and no augmentation can tell them apart.",
        message="{count} images are exact copies of images of another class.",
        remedy="Look at them, and correct or remove one of each.",
        check=_with_other_label,
    ),
    Rule(
        id="near-constant-images",
        severity=Severity.WARNING,
        parameters=("samplewise_std_normalization",),
        trigger="`samplewise_std_normalization`, and images that hardly have any contrast",
        why="They are divided by almost nothing, and their noise becomes the picture.",
        message="{count} images are nearly constant; divided by their own deviation they are noise at full contrast.",
        remedy="Remove these images, or centre only.",
        check=_near_constant,
        reference="Keras 3.15, standardize",
    ),
)
