"""The inner split: training images that are not trained on, to tell how far a training has come.

They come from the training side alone, so what is decided by them is decided without the images that judge.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from augury.datasets.snapshot import Snapshot
from augury.planning.trial_definition import TrialDefinition
from augury.training.errors import UserInputError
from augury.training.splits import Split, draw_split, whole_groups
from augury.training.streams import INNER_SPLIT, stream_seed

Indices = npt.NDArray[np.intp]


def trial_split(definition: TrialDefinition, snapshot: Snapshot) -> tuple[Split, Indices]:
    """The split of a trial, and its inner split, which is empty where nothing watches it.

    Whoever asks the trial's model later needs the same, as preprocessing may be learned from the images trained on.
    """
    split = draw_split(snapshot, definition.split, definition.seed)
    if not definition.training.watches:
        return split, split.training[:0]
    training, inner = carve_inner(snapshot, split.training, definition.training.inner_fraction, definition.seed)
    return replace(split, training=training), inner


def carve_inner(snapshot: Snapshot, training: Indices, fraction: float, seed: int) -> tuple[Indices, Indices]:
    """What is left to train on, and the inner split: ascending, disjoint, together the *training* images.

    Stratified, or whole groups where the dataset has groups. Every class stays among those that are trained on.

    Args:
        snapshot: the dataset, with ``labels`` and perhaps ``groups`` of all its images.
        training: indices of the images on the side to train on.
        fraction: of the images of each class that go to the inner split, about.
        seed: the trial's.

    Raises:
        UserInputError: there are too few images or groups for any to be spared.
    """
    generator = np.random.default_rng(stream_seed(seed, INNER_SPLIT))
    draw = _draw_images if snapshot.groups is None else whole_groups
    try:
        inner = np.sort(draw(snapshot, training, fraction, generator))
    except ValueError as error:
        raise UserInputError(f"no inner split can be drawn of the training images: {error}") from error
    if not len(inner):
        raise UserInputError(
            f"no inner split can be drawn of {len(training)} training images, as no class has two of them; "
            "leave out training.early_stopping and the schedule 'plateau'"
        )
    return np.setdiff1d(training, inner, assume_unique=True), inner


def _draw_images(snapshot: Snapshot, training: Indices, fraction: float, generator: np.random.Generator) -> Indices:
    """Of every class its share, at least one and never its last."""
    labels = snapshot.labels[training]
    drawn = []
    for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
        share = min(max(1, round(fraction * count)), count - 1)
        drawn.append(generator.choice(training[labels == label], share, replace=False))
    return np.concatenate(drawn)
