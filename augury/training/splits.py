"""Which images a trial trains on, and which it validates on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedShuffleSplit

from augury.datasets.snapshot import SPLIT_CODES, Snapshot
from augury.planning.group_draws import draw_groups
from augury.planning.splits import FixedSplit, GroupedSplit, RandomSplit, SplitDefinition
from augury.training.errors import UserInputError
from augury.training.streams import SPLIT, TRAINING_SUBSET, stream_seed

Indices = npt.NDArray[np.intp]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Indices into a snapshot, ascending and disjoint."""

    training: Indices
    validation: Indices


def draw_split(snapshot: Snapshot, definition: SplitDefinition, seed: int) -> Split:
    """The split of a seed, as its definition says.

    *random* draws a stratified split; *grouped* one where no group is on both sides; *fixed* takes the dataset's own,
    of which a seed may draw a stratified part to train on.

    Raises:
        UserInputError: there are too few images or groups, of a class or in all.
    """
    try:
        split = _DRAWERS[definition.kind](snapshot, definition, seed)
    except ValueError as error:
        raise UserInputError(f"the dataset cannot be split as asked: {error}") from error
    return Split(np.sort(split.training), np.sort(split.validation))


def _random(snapshot: Snapshot, definition: RandomSplit, seed: int) -> Split:
    splitter = StratifiedShuffleSplit(
        n_splits=1,
        train_size=definition.training_images,
        test_size=math.ceil(len(snapshot.labels) * definition.validation_fraction),
        random_state=stream_seed(seed, SPLIT),
    )
    return Split(*next(splitter.split(np.zeros(len(snapshot.labels)), snapshot.labels)))


def _grouped(snapshot: Snapshot, definition: GroupedSplit, seed: int) -> Split:
    """Whole groups, drawn until the fraction is reached, with every class on both sides that can be there."""
    assert snapshot.groups is not None, "the definition says that the images have groups"
    _, group_of = np.unique(snapshot.groups, return_inverse=True)
    counts = np.zeros((group_of.max() + 1, len(snapshot.class_names)), np.int64)
    np.add.at(counts, (group_of, snapshot.labels), 1)
    generator = np.random.default_rng(stream_seed(seed, SPLIT))
    drawn = draw_groups(counts, definition.validation_fraction, generator)[group_of]
    training = _subset(np.flatnonzero(~drawn), snapshot.labels, definition.training_images, seed)
    return Split(training, np.flatnonzero(drawn))


def _fixed(snapshot: Snapshot, definition: FixedSplit, seed: int) -> Split:
    assert snapshot.splits is not None, "the definition says that the images have splits"
    training = np.flatnonzero(snapshot.splits == SPLIT_CODES["train"])
    validation = np.flatnonzero(snapshot.splits == SPLIT_CODES[definition.validation])
    return Split(_subset(training, snapshot.labels, definition.training_images, seed), validation)


_DRAWERS: dict[str, Callable[[Snapshot, Any, int], Split]] = {"random": _random, "grouped": _grouped, "fixed": _fixed}


def _subset(training: Indices, labels: Labels, asked: int | None, seed: int) -> Indices:
    """As many training images as asked for, stratified; all of them where nothing was asked."""
    if asked is None or asked == len(training):
        return training
    if asked > len(training):
        raise ValueError(f"{asked} training images are more than the {len(training)} on the side to train on")
    classes, counts = np.unique(labels[training], return_counts=True)
    if asked < len(classes):
        raise ValueError(f"{asked} training images cannot hold every one of {len(classes)} classes")
    generator = np.random.default_rng(stream_seed(seed, TRAINING_SUBSET))
    shares = _proportional(counts, asked)
    drawn = [
        generator.choice(training[labels[training] == label], share, replace=False)
        for label, share in zip(classes, shares, strict=True)
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
