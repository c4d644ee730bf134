"""Coordinates in blocks of floats are those that doubles give, one pixel after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.augmentation.kernels.blocks import PIXELS_OF_A_BLOCK, locate_blocks, room_for_blocks, suit
from augury.augmentation.kernels.coordinates import locate
from augury.augmentation.kernels.fill_modes import CONSTANT, NEAREST, REFLECT, WRAP
from augury.augmentation.kernels.resampling import room_for

CLOSE = 4e-6
"""Pixels: between neighbours that are 255 apart, a thousandth of a level."""
ROWS = 3

steps = st.floats(-2, 2)
origins = st.one_of(
    st.floats(-400, 400), st.integers(-400, 400).map(lambda half: half / 2), st.sampled_from([1e7, -1e7])
)
maps = st.tuples(steps, steps, origins, steps, steps, origins)


def _coordinates(places: tuple[np.ndarray, ...], width: int, stride: int, values: int) -> np.ndarray:
    """What places say, as (row, column): the offset's pixel and the distances from it."""
    offsets, rights, downs = (array[:, :width].astype(np.float64) for array in places)
    row = offsets // stride
    return np.stack([row + downs, (offsets - row * stride) / values + rights])


@given(
    mapping=maps, height=st.integers(31, 300), width=st.integers(31, 300), first_line=st.integers(0, 290),
    fill_mode=st.sampled_from([NEAREST, REFLECT, CONSTANT]), is_mirrored=st.booleans(), values=st.sampled_from([1, 4]),
)  # fmt: skip
def test_blocks_say_where_doubles_say(
    mapping: tuple[float, ...], height: int, width: int, first_line: int, fill_mode: int, is_mirrored: bool, values: int
) -> None:
    """Whatever the map, as long as it suits: far outside, exactly on a pixel, mirrored, of any size."""
    assert suit(mapping, fill_mode, height, width)
    lines, positions, _, *places, _ = room_for(ROWS, width, np.empty(0, np.float32))
    lines[:] = first_line + np.arange(ROWS)
    positions[:width] = np.arange(width)[::-1] if is_mirrored else np.arange(width)
    stride = (width + 1) * values
    where = (mapping, lines, positions, fill_mode, height - 1.0, width - 1.0, (float(stride), float(values)))
    locate(*where, tuple(places))
    expected = _coordinates(tuple(places), width, stride, values)
    locate_blocks(*where, tuple(places), room_for_blocks(ROWS * len(positions) // PIXELS_OF_A_BLOCK))
    np.testing.assert_allclose(_coordinates(tuple(places), width, stride, values), expected, atol=CLOSE)
    assert (places[0][:, :width] <= (height - 1) * stride + (width - 1) * values).all()


@pytest.mark.parametrize(
    ("mapping", "fill_mode", "side"),
    [
        ((1.0, 2.1, 0.0, 0.0, 0.0, 0.0), NEAREST, 100),
        ((0.0, 0.0, 0.0, 0.0, -2.1, 0.0), NEAREST, 100),
        ((0.0, np.nan, 0.0, 0.0, 0.0, 0.0), NEAREST, 100),
        ((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), WRAP, 100),
        ((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), NEAREST, 2**14),
        ((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), REFLECT, 8),
    ],
    ids=["steep", "steep backwards", "not a number", "jumps at the border", "large", "mirrored more than once a block"],
)
def test_where_blocks_are_not_good_enough_they_say_so(mapping: tuple[float, ...], fill_mode: int, side: int) -> None:
    """Such images keep coordinates in doubles."""
    assert not suit(mapping, fill_mode, side, side)
