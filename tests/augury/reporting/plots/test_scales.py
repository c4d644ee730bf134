"""Axes: where values lie on them, and which numbers stand beside them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.reporting.plots.scales import Scale, covering, covering_levels, tick_words, ticks

VALUES = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=6)


@given(VALUES, st.integers(5, 9))
def test_ticks_are_round_evenly_spaced_and_neither_few_nor_many(values: list[float], max_ticks: int) -> None:
    """Two at least, on the axis, 1, 2 or 5 times a power of ten apart."""
    scale = covering(values)
    found = ticks(scale, max_ticks)
    assert 2 <= len(found) <= max_ticks
    step = found[1] - found[0]
    assert found == pytest.approx([found[0] + step * at for at in range(len(found))], abs=1e-6 * step)
    leading = step / 10 ** math.floor(math.log10(step) + 1e-6)
    assert min(abs(leading - each) for each in (1, 2, 5)) < 1e-3
    assert all(-1e-6 <= scale.share(tick) <= 1 + 1e-6 for tick in found)


@given(VALUES)
def test_an_axis_has_room_for_all_its_values(values: list[float]) -> None:
    """And for some more, also where all are one."""
    scale = covering(values)
    assert all(scale.has(value) for value in values)
    assert all(0 < scale.share(value) < 1 for value in values)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6))
def test_larger_levels_lie_further_right(levels: list[int]) -> None:
    """On straight and on logarithmic axes."""
    scale = covering_levels(levels, min_ratio_of_logarithmic=3)
    shares = [scale.share(level) for level in sorted(set(levels))]
    assert shares == sorted(set(shares))
    assert scale.is_logarithmic == (max(levels) >= 3 * min(levels))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([-80.0, -60.0, 0.0], ["−80", "−60", "0"]),
        ([0.0, 0.5, 1.0], ["0.0", "0.5", "1.0"]),
        ([0.05, 0.1], ["0.05", "0.10"]),
        ([10.0, 30.0, 100.0], ["10", "30", "100"]),
        ([0.0, 5e-9], ["0", "5e−09"]),
        ([7.0], ["7"]),
    ],
)
def test_ticks_have_as_many_decimals_as_tell_them_apart(values: list[float], said: list[str]) -> None:
    """With a real minus sign."""
    assert tick_words(values) == said


def test_a_share_beyond_the_axis_lies_beyond_its_ends() -> None:
    """So that what is drawn can tell."""
    scale = Scale(0, 10)
    assert [scale.share(value) for value in (-5, 0, 10, 15)] == [-0.5, 0, 1, 1.5]
    assert [scale.has(value) for value in (-5, 0, 10, 15)] == [False, True, True, False]
