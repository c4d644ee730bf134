"""Drawn tables against NumPy's expressions for them, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.augmentation.drawing import MAX_SHAPES_KEPT, Ranges, draw_as_keras, draw_stateless
from augury.augmentation.kernels.philox import uniforms
from augury.augmentation.parameters import COLUMNS, FLIP_HORIZONTAL, FLIP_VERTICAL, NOTHING, TX
from augury.augmentation.settings import Settings
from tests.api_schemas.specs import accepted

NUMBER = st.floats(0, 180, allow_subnormal=False)
SHIFT = st.floats(0, 5) | st.sampled_from([0.1, 1.0, 3, [1, 2], [-0.2, 0.3], [0.5]])
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "rotation_range": NUMBER,
        "width_shift_range": SHIFT,
        "height_shift_range": SHIFT,
        "shear_range": NUMBER,
        "zoom_range": st.floats(0, 0.95) | st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)),
        "channel_shift_range": NUMBER,
        "brightness_range": st.tuples(st.floats(0, 2), st.floats(0, 2)),
        "horizontal_flip": st.booleans(),
        "vertical_flip": st.booleans(),
    },
)
SHAPES = st.tuples(st.integers(1, 300), st.integers(1, 300), st.sampled_from([1, 3]))
SEEDS = st.integers(0, 2**64 - 1)


def _table(ranges: Ranges, uniform: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The formula, a column at a time."""
    table: np.ndarray = ranges.low + ranges.width * uniform
    for column, is_on in zip((FLIP_HORIZONTAL, FLIP_VERTICAL), ranges.flips, strict=True):
        table[:, column] = uniform[:, column] < 0.5 if is_on else 0.0
    for column, axis in ranges.relative.items():
        if column not in ranges.discrete:
            table[:, column] *= shape[axis]
    return table


def _ranges(parameters: dict[str, Any]) -> Ranges | None:
    spec = accepted(parameters)
    return None if spec is None else Ranges.of(Settings.of_spec(spec))


@settings(deadline=None)
@given(SPECS, SHAPES, st.integers(0, 2**32 - 1), st.integers(0, 20))
def test_draws_in_the_order_of_keras_are_those_of_numpys_expressions(
    parameters: dict[str, Any], shape: tuple[int, ...], seed: int, count: int
) -> None:
    """Of the same stream, every bit of every parameter, and the generator is left at the same place."""
    ranges = _ranges(parameters)
    if ranges is None or ranges.discrete:
        return
    ours, theirs = np.random.RandomState(seed), np.random.RandomState(seed)
    uniform = np.zeros((count, COLUMNS))
    uniform[:, ranges.drawn] = theirs.random_sample((count, len(ranges.drawn)))
    expected = _table(ranges, uniform, shape)
    got = draw_as_keras(ranges, ours, count, shape).table
    assert got.tobytes() == expected.tobytes()
    assert ours.random_sample() == theirs.random_sample()


@settings(deadline=None)
@given(SPECS, SHAPES, SEEDS, SEEDS, st.lists(st.integers(0, 2**48 - 1), max_size=20), st.sampled_from([0, 0.3, 1]))
def test_stateless_draws_are_those_of_numpys_expressions(
    parameters: dict[str, Any], shape: tuple[int, ...], seed: int, epoch: int, samples: list[int], chance: float
) -> None:
    """Every bit of every parameter that is not drawn from a set, whichever numbers of the stream a spec needs."""
    ranges = _ranges(parameters)
    if ranges is None:
        return
    indices = np.array(samples, np.int64)
    uniform = uniforms(seed, epoch, indices, COLUMNS + 3)
    drawn = np.zeros((len(samples), COLUMNS))
    drawn[:, ranges.drawn] = uniform[:, ranges.drawn]
    expected = _table(ranges, drawn, shape)
    expected[uniform[:, COLUMNS + 2] < chance] = NOTHING
    got = draw_stateless(
        ranges, seed=seed, epoch=epoch, indices=indices, shape=shape, identity_probability=chance
    ).table
    usual = [column for column in range(COLUMNS) if column not in ranges.discrete]
    assert got[:, usual].tobytes() == expected[:, usual].tobytes()


def test_fractions_of_ever_new_shapes_are_of_the_shape_that_is_asked_for() -> None:
    """What is kept for one shape is used for no other, nor kept for ever."""
    ranges = Ranges.of(Settings.of_spec(_accepted(height_shift_range=0.5)))
    kept = []
    for height in range(1, 3 * MAX_SHAPES_KEPT):
        table = draw_stateless(ranges, seed=1, epoch=0, indices=np.arange(1), shape=(height, 9, 1)).table
        kept.append(table[0, TX] / height)
    assert kept == pytest.approx([kept[0]] * len(kept))
    assert len(ranges._rules) <= MAX_SHAPES_KEPT


def _accepted(**parameters: Any) -> Any:
    spec = accepted(parameters)
    assert spec is not None
    return spec
