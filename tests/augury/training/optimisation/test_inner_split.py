"""What a training is watched by, and that it never is what judges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.datasets.snapshot import Snapshot
from augury.planning.splits import GroupedSplit, RandomSplit
from augury.training.errors import UserInputError
from augury.training.optimisation.inner_split import carve_inner
from augury.training.splits import draw_split


def _snapshot(labels: list[int], groups: Any = None) -> Snapshot:
    classes = max(labels) + 1
    images = np.zeros((len(labels), 2, 2, 1), np.uint8)
    return Snapshot(images, np.array(labels), [str(label) for label in range(classes)], groups=groups)


LABELS = st.lists(st.integers(0, 3), min_size=12, max_size=60).filter(lambda labels: min(np.bincount(labels)) >= 3)


@given(LABELS, st.floats(0.01, 0.5), st.integers(0, 99))
@settings(max_examples=50)
def test_the_inner_split_is_carved_out_of_the_training_images(labels: list[int], fraction: float, seed: int) -> None:
    """It shares no image with those that judge or that are trained on, and every class is still trained on."""
    snapshot = _snapshot(labels)
    split = draw_split(snapshot, RandomSplit(validation_fraction=0.3, training_images=None), seed)
    training, inner = carve_inner(snapshot, split.training, fraction, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate([training, inner])), split.training)
    assert not set(inner) & set(split.validation)
    assert set(snapshot.labels[training]) == set(snapshot.labels[split.training])


@given(st.integers(0, 50))
@settings(max_examples=20)
def test_a_group_is_on_one_side_of_the_inner_split(seed: int) -> None:
    """As it is on one side of the split that judges."""
    groups = np.repeat(np.arange(40), 5)
    snapshot = _snapshot(list(np.arange(200) // 5 % 4), groups)
    whole = GroupedSplit(drawing=2, validation_fraction=0.2, training_images=None)
    split = draw_split(snapshot, whole, seed)
    training, inner = carve_inner(snapshot, split.training, 0.2, seed)
    sides = [set(groups[side]) for side in (training, inner, split.validation)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 40


def test_classes_keep_their_shares() -> None:
    """Ten percent of each."""
    snapshot = _snapshot([0] * 200 + [1] * 50)
    _, inner = carve_inner(snapshot, np.arange(250), 0.1, 0)
    assert np.bincount(snapshot.labels[inner]).tolist() == [20, 5]


def test_seeds_draw_inner_splits_of_their_own() -> None:
    """And the same seed the same."""
    snapshot = _snapshot([0] * 50 + [1] * 50)
    first, again, other = (carve_inner(snapshot, np.arange(100), 0.2, seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_images_that_cannot_be_spared_are_the_users_to_know_of() -> None:
    """One of each class is all that there is to train on."""
    with pytest.raises(UserInputError, match="no class has two"):
        carve_inner(_snapshot([0, 1]), np.arange(2), 0.1, 0)
