"""What is concluded from the curves of a training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from augury.training.history import MIN_FALL, History, is_still_improving

CONSTANT = 1e-3


def _at_a_constant_rate(losses: Sequence[float]) -> bool:
    return is_still_improving(losses, [CONSTANT] * len(losses))


def _cosine(epochs: int) -> list[float]:
    """Each epoch's last rate, from 1 to nearly 0."""
    return [(1 + math.cos(math.pi * (epoch + 0.9) / epochs)) / 2 for epoch in range(epochs)]


@pytest.mark.parametrize(
    ("losses", "improves"),
    [
        ([2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3], True),
        ([2.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], False),
        ([2.0, 1.0, 0.5, 0.4, 0.5, 0.6, 0.7, 0.8], False),
        ([1.0, 0.9], True),
        ([0.9, 1.0], False),
        ([1.0, 0.8, 0.9], False),
        ([1.0], False),
        ([], False),
        ([3.0, 2.0, 1.0, math.nan], False),
    ],
    ids=str,
)
def test_a_loss_still_improves_if_its_end_slopes_down(losses: list[float], improves: bool) -> None:
    """By the last quarter of the epochs, at least four; two or three if there are no more."""
    assert _at_a_constant_rate(losses) is improves


def test_only_the_last_quarter_counts_at_a_constant_rate() -> None:
    """A long fall before it is no sign of one to come."""
    assert not _at_a_constant_rate([*np.linspace(3, 1, 45), *[1.0, 1.01] * 8])
    assert _at_a_constant_rate([*[1.0, 1.01] * 22, *np.linspace(1, 0.5, 15)])


def test_a_fall_that_ends_with_the_learning_rate_counts() -> None:
    """A schedule to zero brings every loss to rest: that it rests at the end does not mean that nothing was to be won.

    The loss falls in step with the sum of the rates, so that every doubling of the schedule gains as much again.
    """
    rates = _cosine(40)
    losses = 2 - 0.5 * np.cumsum(rates) / sum(rates)
    assert losses[-10] - losses[-1] < 0.02, "the last quarter of the epochs shows next to nothing of it"
    assert is_still_improving(losses.tolist(), rates)


def test_a_loss_that_rested_while_the_rate_was_high_does_not_improve() -> None:
    """What falls by little when the rate comes down has been learned: here a hundredth, as certain as can be."""
    rates = _cosine(40)
    losses = [0.2 + 0.01 * rate for rate in rates]
    assert not is_still_improving(losses, rates)


def test_a_fall_that_does_not_matter_is_none() -> None:
    """However sure it is: the same line twice, once of more than the smallest fall and once of less."""
    falls = [np.linspace(1, 1 - share * MIN_FALL * 39 / 9, 40) for share in (1.05, 0.95)]  # 9 of 39 steps count
    assert [_at_a_constant_rate(losses.tolist()) for losses in falls] == [True, False]


def test_noise_alone_is_seldom_taken_for_a_fall() -> None:
    """In about one of twenty flat curves."""
    generator = np.random.default_rng(0)
    share = np.mean([_at_a_constant_rate(list(1 + 0.1 * generator.standard_normal(40))) for _ in range(400)])
    assert 0.02 < share < 0.09


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=40), st.data(), st.floats(1e-4, 1e4))
def test_the_height_of_the_learning_rate_does_not_matter(
    losses: list[float], data: st.DataObject, scale: float
) -> None:
    """Only its course does: scaled by a power of two, which changes no digit, a training is judged as before."""
    rates = data.draw(st.lists(st.floats(1e-3, 1), min_size=len(losses), max_size=len(losses)))
    exact = 2.0 ** round(math.log2(scale))
    assert is_still_improving(losses, [rate * exact for rate in rates]) == is_still_improving(losses, rates)


@given(st.integers(2, 60), st.floats(0.1, 5), st.floats(0.1, 5))
def test_a_loss_that_rises_throughout_never_improves(epochs: int, start: float, rise: float) -> None:
    """Whatever the schedule."""
    losses = np.linspace(start, start + rise, epochs).tolist()
    assert not is_still_improving(losses, _cosine(epochs))
    assert not _at_a_constant_rate(losses)


def test_a_training_in_stages_is_judged_by_its_last() -> None:
    """Their rates are of other weights, and cannot be counted together."""
    history = History(validation_loss=[2.0, 1.0, 0.9, 0.8, 0.7, 0.6], learning_rate=[1.0, 1.0, 1e-3, 1e-3, 1e-3, 1e-3])
    rested = History(validation_loss=[2.0, 1.0, 0.5, 0.5, 0.5, 0.5], learning_rate=history.learning_rate)
    assert history.is_still_improving(since=2)
    assert not rested.is_still_improving(since=2)


@given(st.lists(st.floats(0.01, 10), min_size=4, max_size=12))
def test_the_test_of_the_slope_is_that_of_scipy(losses: list[float]) -> None:
    """Which is not imported for it: that takes as long as a third of Keras."""
    last = np.asarray(losses[-max(4, math.ceil(len(losses) / 4)) :])
    assume(np.ptp(last) > 0)
    line = stats.linregress(np.arange(len(last)), last, alternative="less")
    falls = -line.slope * (len(last) - 1)
    assume(abs(line.pvalue - 0.05) > 1e-6)
    assume(abs(falls - MIN_FALL) > 1e-6)
    assert _at_a_constant_rate(losses) == (line.pvalue < 0.05 and falls >= MIN_FALL)


def test_a_history_of_nothing_has_no_rate() -> None:
    """No division by zero seconds."""
    assert History().images_per_second == 0
    assert not History().diverged
