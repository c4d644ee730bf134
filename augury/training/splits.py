"""Which images a trial trains on, and which it validates on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.datasets.snapshot import SPLIT_CODES, Snapshot
from augury.planning.draws.groups import draw_groups
from augury.planning.draws.stratified import draw_stratified
from augury.planning.splits import (
    FixedSplit,
    GroupedSplit,
    RandomSplit,
    SplitDefinition,
    held_out_images,
    images_of_share,
)
from augury.training.errors import UserInputError
from augury.training.streams import HELD_OUT, SPLIT, TRAINING_SUBSET, stream_seed

Indices = npt.NDArray[np.intp]
Labels = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_FOR_ALL_SEEDS = 0
"""What is held out is held out from every trial, so no trial's seed draws it."""


@dataclass(frozen=True)
class Split:
    """Indices into a snapshot, ascending and disjoint."""

    training: Indices
    validation: Indices


def draw_split(snapshot: Snapshot, definition: SplitDefinition, seed: int) -> Split:
    """The split of a seed, as its definition says.

    *random* draws a stratified split; *grouped* one where no group is on both sides; *fixed* takes the dataset's own,
    of which a seed may draw a stratified part to train on. What is held out is on neither side, or, in a confirmation,
    all that is validated on.

    Raises:
        UserInputError: there are too few images or groups, of a class or in all.
    """
    try:
        held_out = _held_out(snapshot, definition)
        split = _DRAWERS[definition.kind](snapshot, definition, seed, ~held_out)
        training = _share_of(split.training, snapshot.labels, definition.training_share, seed)
    except ValueError as error:
        raise UserInputError(f"the dataset cannot be split as asked: {error}") from error
    is_confirmation = definition.held_out is not None and definition.held_out.is_validated_on
    validation = np.flatnonzero(held_out) if is_confirmation else split.validation
    return Split(np.sort(training), np.sort(validation))


def scored_images(snapshot: Snapshot, split: str | None) -> Indices:
    """The images of a split that a trial predicts at its end, ascending; none where it is asked for none."""
    return np.flatnonzero(_in_split(snapshot, split)) if split is not None else np.arange(0)


def _held_out(snapshot: Snapshot, definition: SplitDefinition) -> Mask:
    """The images that are kept from a search, the same for every seed: of every class, and whole groups."""
    chosen = np.zeros(len(snapshot.labels), np.bool_)
    if definition.held_out is None:
        return chosen
    pool = np.flatnonzero(_in_split(snapshot, definition.validation) if definition.kind == "fixed" else ~chosen)
    share = definition.held_out.share
    if snapshot.groups is not None:
        drawn = whole_groups(snapshot, pool, share, np.random.default_rng(stream_seed(_FOR_ALL_SEEDS, HELD_OUT)))
    else:
        generator = np.random.default_rng(stream_seed(_FOR_ALL_SEEDS, HELD_OUT))
        drawn = _stratified(pool, snapshot.labels, held_out_images(len(pool), share), generator)
    chosen[drawn] = True
    return chosen


def _random(snapshot: Snapshot, definition: RandomSplit, seed: int, allowed: Mask) -> Split:
    images = np.flatnonzero(allowed)
    validation_images = math.ceil(len(images) * definition.validation_fraction)
    training, validation = draw_stratified(
        snapshot.labels[images], definition.training_images, validation_images, stream_seed(seed, SPLIT)
    )
    return Split(images[training], images[validation])


def _grouped(snapshot: Snapshot, definition: GroupedSplit, seed: int, allowed: Mask) -> Split:
    """Whole groups, drawn until the fraction is reached, with every class on both sides that can be there."""
    generator = np.random.default_rng(stream_seed(seed, SPLIT))
    validation = whole_groups(snapshot, np.flatnonzero(allowed), definition.validation_fraction, generator)
    rest = allowed.copy()
    rest[validation] = False
    return Split(_subset(np.flatnonzero(rest), snapshot.labels, definition.training_images, seed), validation)


def whole_groups(snapshot: Snapshot, images: Indices, fraction: float, generator: np.random.Generator) -> Indices:
    """Those of the images whose groups are drawn, about this fraction; see ``draw_groups``."""
    assert snapshot.groups is not None, "the definition says that the images have groups"
    _, group_of = np.unique(snapshot.groups[images], return_inverse=True)
    counts = np.zeros((group_of.max() + 1, len(snapshot.class_names)), np.int64)
    np.add.at(counts, (group_of, snapshot.labels[images]), 1)
    return images[draw_groups(counts, fraction, generator)[group_of]]


def _fixed(snapshot: Snapshot, definition: FixedSplit, seed: int, allowed: Mask) -> Split:
    training = np.flatnonzero(_in_split(snapshot, "train"))
    validation = np.flatnonzero(_in_split(snapshot, definition.validation) & allowed)
    return Split(_subset(training, snapshot.labels, definition.training_images, seed), validation)


def _in_split(snapshot: Snapshot, name: str) -> Mask:
    assert snapshot.splits is not None, "the definition says that the images have splits"
    return np.asarray(snapshot.splits == SPLIT_CODES[name])


_DRAWERS: dict[str, Callable[[Snapshot, Any, int, Mask], Split]] = {
    "random": _random,
    "grouped": _grouped,
    "fixed": _fixed,
}


def _subset(training: Indices, labels: Labels, asked: int | None, seed: int) -> Indices:
    """As many training images as asked for, stratified; all of them where nothing was asked."""
    if asked is None or asked == len(training):
        return training
    if asked > len(training):
        raise ValueError(f"{asked} training images are more than the {len(training)} on the side to train on")
    classes = len(np.unique(labels[training]))
    if asked < classes:
        raise ValueError(f"{asked} training images cannot hold every one of {classes} classes")
    return _stratified(training, labels, asked, np.random.default_rng(stream_seed(seed, TRAINING_SUBSET)))


def _share_of(training: Indices, labels: Labels, share: float | None, seed: int) -> Indices:
    """That share of the training images, stratified; every class in an order of the seed's, from which the first come.

    So a smaller share is part of a larger one, but for an image where rounding shifts one from class to class.
    """
    if share is None:
        return training
    asked, generator = images_of_share(len(training), share), np.random.default_rng(stream_seed(seed, TRAINING_SUBSET))
    classes, counts = np.unique(labels[training], return_counts=True)
    if asked < len(classes):
        raise ValueError(f"{asked} training images cannot hold every one of {len(classes)} classes")
    ordered = [generator.permutation(np.sort(training[labels[training] == label])) for label in classes]
    return np.concatenate([each[:count] for each, count in zip(ordered, _proportional(counts, asked), strict=True)])


def _stratified(images: Indices, labels: Labels, asked: int, generator: np.random.Generator) -> Indices:
    """So many of the images, of every class in proportion and at least one."""
    classes, counts = np.unique(labels[images], return_counts=True)
    drawn = [
        generator.choice(images[labels[images] == label], share, replace=False)
        for label, share in zip(classes, _proportional(counts, asked), strict=True)
    ]
    return np.concatenate(drawn)


def _proportional(counts: npt.NDArray[np.intp], images: int) -> npt.NDArray[np.intp]:
    """So many images shared out in proportion to *counts*, at least one to each: largest remainders first."""
    shares: npt.NDArray[np.intp] = np.maximum(1, counts * images // counts.sum())
    while shares.sum() != images:
        surplus = counts * images / counts.sum() - shares
        if shares.sum() < images:
            shares[np.argmax(np.where(shares < counts, surplus, -np.inf))] += 1
        else:
            shares[np.argmin(np.where(shares > 1, surplus, np.inf))] -= 1
    return shares
