"""Draws that keep every class's share: number for number those that trained trials were made with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedShuffleSplit

from augury.planning.draws.stratified import draw_stratified

LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=80)


@given(LABELS, st.none() | st.integers(-1, 90), st.integers(-1, 90), st.integers(0, 2**31 - 1))
@example([0] * 3 + [1] * 3 + [2] * 3 + [3] * 3, 5, 6, 0)  # remainders that are all equal
@example([0] * 40 + [1] * 30 + [2] * 20 + [3] * 10, None, 20, 1)
@example([0] * 33 + [1] * 7 + [2] * 2, 11, 13, 7)
def test_scikit_learn_draws_the_same(labels: list[int], training: int | None, validation: int, seed: int) -> None:
    """The same images on both sides where it draws any, and a ValueError where it raises one."""
    splitter = StratifiedShuffleSplit(1, train_size=training, test_size=validation, random_state=seed)
    try:
        drawn = next(splitter.split(np.zeros(len(labels)), labels))
    except ValueError:
        with pytest.raises(ValueError):
            draw_stratified(np.array(labels), training, validation, seed)
        return
    for side, expected in zip(draw_stratified(np.array(labels), training, validation, seed), drawn, strict=True):
        assert sorted(side) == sorted(expected)


@pytest.mark.parametrize(
    ("labels", "training", "validation", "message"),
    [
        ([0, 0, 1, 2], None, 2, r"of these there is only one: \[1, 2\]"),
        ([0, 0, 1, 1], 3, 2, "3 images to train on and 2 to validate on are none of 4"),
        ([0, 0, 1, 1], None, 4, "0 images to train on"),
        ([0, 0, 1, 1], 1, 2, "1 images to train on cannot hold every one of 2 classes"),
        ([0, 0, 1, 1], 2, 1, "1 images to validate on cannot hold every one of 2 classes"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_numbers(
    labels: list[int], training: int | None, validation: int, message: str
) -> None:
    """For the person whose dataset it is."""
    with pytest.raises(ValueError, match=message):
        draw_stratified(np.array(labels), training, validation, 0)
