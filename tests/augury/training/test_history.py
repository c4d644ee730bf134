"""What is concluded from the curves of a training."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from augury.training.history import History, is_still_falling


@pytest.mark.parametrize(
    ("losses", "falls"),
    [
        ([2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3], True),
        ([2.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], False),
        ([2.0, 1.0, 0.5, 0.4, 0.5, 0.6, 0.7, 0.8], False),
        ([1.0, 0.9], True),
        ([0.9, 1.0], False),
        ([1.0, 0.8, 0.9], False),
        ([1.0], False),
        ([3.0, 2.0, 1.0, math.nan], False),
    ],
    ids=str,
)
def test_a_loss_is_still_falling_if_its_end_slopes_down(losses: list[float], falls: bool) -> None:
    """By the last quarter of the epochs, at least four; two or three if there are no more."""
    assert is_still_falling(losses) is falls


def test_only_the_last_quarter_counts() -> None:
    """A long fall before it is no sign of one to come."""
    assert not is_still_falling([*np.linspace(3, 1, 45), *[1.0, 1.01] * 8])
    assert is_still_falling([*[1.0, 1.01] * 22, *np.linspace(1, 0.5, 15)])


def test_noise_alone_is_seldom_taken_for_a_fall() -> None:
    """In about one of twenty flat curves."""
    generator = np.random.default_rng(0)
    share = np.mean([is_still_falling(list(1 + 0.1 * generator.standard_normal(40))) for _ in range(400)])
    assert 0.02 < share < 0.09


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=40), st.floats(0.1, 10))
def test_the_unit_of_a_loss_does_not_matter(losses: list[float], scale: float) -> None:
    """Scaled by a power of two, which changes no digit, a curve is judged as before."""
    exact = 2.0 ** round(math.log2(scale))
    assert is_still_falling([loss * exact for loss in losses]) == is_still_falling(losses)


@given(st.lists(st.floats(0.01, 10), min_size=4, max_size=12))
def test_the_test_of_the_slope_is_that_of_scipy(losses: list[float]) -> None:
    """Which trials that are stored were judged by, so that none is judged anew in another way."""
    last = np.asarray(losses[-max(4, math.ceil(len(losses) / 4)) :])
    assume(np.ptp(last) > 0)
    probability = stats.linregress(np.arange(len(last)), last, alternative="less").pvalue
    assume(abs(probability - 0.05) > 1e-6)
    assert is_still_falling(losses) == (probability < 0.05)


def test_a_history_of_nothing_has_no_rate() -> None:
    """No division by zero seconds."""
    assert History().images_per_second == 0
    assert not History().diverged
