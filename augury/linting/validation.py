"""Rules about what validation can show, and about specs that do nothing."""

from __future__ import annotations

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.lint import Severity
from augury.linting import labels
from augury.linting.case import Case, Hit, Rule
from augury.linting.measurements import GEOMETRY
from augury.linting.photometric import CANCELLED, NEGLIGIBLE_SHIFT

FEW_IMAGES = 10
UNSEEN_PIXELS = 0.1
FEW_VALIDATED = 20
"""Below so many validation images a class's recall moves by more than 5 points with each of them."""
IMBALANCE = 5
"""So many times as many images of the most frequent class make a class a rare one."""
USUAL_FRACTION = 0.2
"""Of the images that are validated on, where a request does not say another."""
_VALIDATED_ON = ("validation", "test")
RESOLVING_IMAGES = 385
"""(1.96 / 0.05)² / 4: from here on an accuracy of about one half is known to ±5 points."""


def _validation_split(case: Case) -> Hit | None:
    split, facts = case.spec.validation_split, case.facts
    if not split:
        return None
    told = f", {int(facts.images * split)} of your {facts.images}" if facts else ""
    also = f"{',' if facts else ''} and augments them too" if case.spec.has_augmentation else ""
    return Hit({"split": split, "told": told, "also": also}, {"validation_split": 0.0})


def _validation_too_small(case: Case) -> Hit | None:
    split, facts = case.spec.validation_split, case.facts
    if not split or facts is None:
        return None
    count = int(facts.images * split)
    if count >= RESOLVING_IMAGES:
        return None
    return Hit({"count": count, "points": min(100.0, 98 / max(count, 1) ** 0.5), "enough": RESOLVING_IMAGES})


def _small_classes(case: Case) -> Hit | None:
    if case.facts is None or not case.spec.has_augmentation:
        return None
    few = {name: count for name, count in case.facts.classes.items() if count < FEW_IMAGES}
    if not few:
        return None
    return Hit({"names": labels.listed(list(few)), "fewest": min(few.values()), "bound": FEW_IMAGES})


def _rare_classes(case: Case) -> Hit | None:
    facts = case.facts
    if facts is None or len(facts.classes) < 2 or not case.spec.has_augmentation:
        return None
    fixed = next((split for split in _VALIDATED_ON if facts.splits.get(split)), None) if facts.splits else None
    counted = facts.splits[fixed] if fixed else facts.classes
    share = 1.0 if fixed else USUAL_FRACTION
    validated = {name: round(counted.get(name, 0) * share) for name in facts.classes}
    rare = [
        name
        for name, count in validated.items()
        if count < FEW_VALIDATED and count * IMBALANCE <= max(validated.values())
    ]
    if not rare or not any(validated.values()):
        return None
    fewest = min(validated[name] for name in rare)
    return Hit({
        "names": labels.listed(rare), "fewest": fewest, "all": sum(validated.values()),
        "where": f"in the split {fixed}" if fixed else f"where {USUAL_FRACTION:.0%} are validated on",
        "frequent": max(validated.values()) / sum(validated.values()),
        "step": 100 / max(fewest, 1),
    })  # fmt: skip


def _no_augmentation(case: Case) -> Hit | None:
    return None if case.spec.has_augmentation else Hit()


def _no_effect(case: Case) -> Hit | None:
    spec = case.spec
    if not spec.has_augmentation or spec.horizontal_flip or spec.vertical_flip:
        return None
    reasons = []
    if spec.has_geometry:
        if case.geometry.displacement > UNSEEN_PIXELS:
            return None
        reasons.append(f"the geometry moves pixels by {case.geometry.displacement:.2g} in the mean")
    if case.channel_shift is not None:
        is_small = spec.channel_shift_range < NEGLIGIBLE_SHIFT * case.pixels.span
        if not is_small and not (case.is_samplewise and case.channel_shift.left < CANCELLED * case.channel_shift.drawn):
            return None
        reasons.append(
            "the channel shift is too small to see" if is_small else "normalisation undoes the channel shift"
        )
    if case.brightness is not None:
        if not case.is_samplewise or case.brightness.left >= CANCELLED * case.brightness.drawn:
            return None
        reasons.append(f"normalisation leaves {case.brightness.left / case.brightness.drawn:.0%} of the brightness")
    alone = spec.preprocessing().model_dump(exclude_defaults=True)
    kept = " and ".join(alone) if alone else "nothing"
    dropped = {name: ImageDataGeneratorSpec.model_fields[name].default for name in _RANDOM}
    return Hit({"reasons": "; ".join(reasons) or "no draw changes anything", "kept": kept}, dropped)


_RANDOM = (*GEOMETRY, "brightness_range", "channel_shift_range")


def _channels_first(case: Case) -> Hit | None:
    return Hit(changes={"data_format": None}) if case.spec.data_format == "channels_first" else None


RULES = (
    Rule(
        id="validation-split-takes-the-first",
        severity=Severity.WARNING,
        parameters=("validation_split",),
        trigger="`validation_split` above 0",
        why="The first part of the images validates, unshuffled, and is augmented like the rest.",
        message="validation_split={split:g} takes the first images as they are sorted{told}{also}.",
        remedy="Split at random by class, and give the validation part a generator with the preprocessing only. "
        "Jobs do both.",
        check=_validation_split,
        reference="keras-team/keras-preprocessing#218",
    ),
    Rule(
        id="validation-too-small",
        severity=Severity.WARNING,
        parameters=("validation_split",),
        trigger="`validation_split` that leaves fewer than 385 images to validate on",
        why="The accuracy is uncertain by more than most augmentations change it.",
        message="Validating on {count} images, an accuracy is uncertain by up to ±{points:.0f} points.",
        remedy="Validate on {enough} images or more, or repeat with several splits, as jobs do.",
        check=_validation_too_small,
    ),
    Rule(
        id="small-classes",
        severity=Severity.INFO,
        parameters=(),
        trigger="augmentation, and a class with fewer than 10 images",
        why="One or two validation images decide such a class's accuracy, and augmentation can ruin a class unseen.",
        message="Classes with fewer than {bound} images ({names}; the smallest has {fewest}) cannot show what "
        "augmentation does to them.",
        remedy="Collect more images of them, or read their results as anecdotes.",
        check=_small_classes,
        reference="arXiv:2204.03632",
    ),
    Rule(
        id="rare-classes",
        severity=Severity.WARNING,
        parameters=(),
        trigger="augmentation, and a class with fewer than 20 images to validate on, a fifth or less of the most "
        "frequent class's",
        why="Accuracy hardly counts a rare class: a model that never names it looks good, and what augmentation "
        "does to it is decided by a few images.",
        message="Of about {all} images to validate on ({where}), {fewest} are of the rarest of {names}: one image more "
        "or less is {step:.0f} points of its recall, and a model that always says the most frequent class has "
        "{frequent:.0%} accuracy.",
        remedy="Look at the recall of each class, collect more images of the rare ones, or leave some of the frequent "
        "ones out.",
        check=_rare_classes,
    ),
    Rule(
        id="no-augmentation",
        severity=Severity.INFO,
        parameters=(),
        trigger="no random transform at all",
        why="A difference to the baseline is then the preprocessing's.",
        message="The spec has no random transform: it preprocesses and does not augment.",
        remedy="Nothing, if that is what should be measured.",
        check=_no_augmentation,
    ),
    Rule(
        id="no-effective-augmentation",
        severity=Severity.WARNING,
        parameters=_RANDOM,
        trigger="random transforms none of which has an effect worth the name",
        why="What the spec gains or loses is its preprocessing's doing.",
        message="No random transform of this spec has much of an effect: {reasons}. What remains is {kept}.",
        remedy="Compare it under its real name, as preprocessing, or give the transforms ranges that are visible.",
        check=_no_effect,
    ),
    Rule(
        id="channels-first",
        severity=Severity.WARNING,
        parameters=("data_format",),
        trigger="`data_format` channels_first",
        why="Datasets are stored with channels last; read the other way, flips and shifts mix rows with channels.",
        message="data_format is channels_first, and datasets here are stored as channels_last; jobs refuse it.",
        remedy="Leave it out.",
        check=_channels_first,
    ),
)
