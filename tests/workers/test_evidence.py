"""Statistics: pure functions from measured numbers to statements."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from api_schemas.reports import Difference, Verdict
from workers.evidence.intervals import Interval, corrected_interval, simultaneous_confidence
from workers.evidence.verdicts import sentence_of, verdict_of

POINTS = st.floats(-100, 100)
DIFFERENCES = st.lists(POINTS, min_size=2, max_size=12)
SIZES: dict[str, Any] = {"training_images": 80, "validation_images": 20}


def _interval(differences: list[float], confidence: float = 0.95, **sizes: int) -> Interval:
    return corrected_interval(differences, confidence=confidence, **(SIZES | sizes))


def _near(value: float) -> Any:
    return pytest.approx(value, rel=1e-6, abs=1e-6)


def test_the_interval_is_the_one_worked_out_by_hand() -> None:
    """Mean 2, deviation 1, standard error sqrt(1/3 + 20/80) = 0.76376, t(0.975; 2) = 4.30265."""
    interval = _interval([1.0, 2.0, 3.0])
    assert interval.mean == 2
    assert interval.standard_deviation == 1
    assert interval.high - 2 == pytest.approx(4.302652729911275 * 0.7637626158259734)
    assert 2 - interval.low == pytest.approx(3.2862, abs=1e-4)


def test_without_overlap_it_is_the_usual_t_interval() -> None:
    """With a vanishing validation share the correction vanishes too."""
    differences = [0.3, -1.2, 2.2, 0.9, 0.1]
    interval = _interval(differences, training_images=10**12, validation_images=1)
    usual = stats.t.interval(0.95, 4, loc=interval.mean, scale=stats.sem(differences))
    assert (interval.low, interval.high) == (_near(usual[0]), _near(usual[1]))


def test_the_correction_widens_the_interval_by_the_share_of_validation_images() -> None:
    """With as many validation as training images, half the width squared grows from 1/k to 1/k + 1."""
    plain = _interval([1.0, 2.0], training_images=10**12, validation_images=1)
    paid = _interval([1.0, 2.0], training_images=50, validation_images=50)
    assert (paid.high - paid.low) / (plain.high - plain.low) == pytest.approx(math.sqrt((1 / 2 + 1) / (1 / 2)))


@pytest.mark.parametrize("differences", [[], [1.0]])
def test_fewer_than_two_differences_have_no_interval(differences: list[float]) -> None:
    """One seed says nothing about the spread."""
    with pytest.raises(ValueError, match="two differences or more"):
        _interval(differences)


@given(DIFFERENCES, POINTS)
def test_shifting_every_difference_shifts_the_interval(differences: list[float], shift: float) -> None:
    """By as much, and changes nothing else."""
    plain, shifted = _interval(differences), _interval([difference + shift for difference in differences])
    assert shifted.mean == _near(plain.mean + shift)
    assert shifted.low == _near(plain.low + shift)
    assert shifted.high == _near(plain.high + shift)
    assert shifted.standard_deviation == _near(plain.standard_deviation)


@given(DIFFERENCES)
def test_swapping_the_arms_mirrors_the_interval(differences: list[float]) -> None:
    """What one gains the other loses."""
    plain, swapped = _interval(differences), _interval([-difference for difference in differences])
    assert (swapped.low, swapped.mean, swapped.high) == (_near(-plain.high), _near(-plain.mean), _near(-plain.low))


@given(DIFFERENCES, st.randoms())
def test_the_order_of_the_seeds_does_not_matter(differences: list[float], random: Any) -> None:
    """A set of seeds has no order."""
    shuffled = list(differences)
    random.shuffle(shuffled)
    plain, other = _interval(differences), _interval(shuffled)
    assert (other.low, other.mean, other.high) == (_near(plain.low), _near(plain.mean), _near(plain.high))


@given(DIFFERENCES, st.floats(0.5, 0.999), st.floats(0.5, 0.999))
def test_more_confidence_needs_a_wider_interval(differences: list[float], one: float, other: float) -> None:
    """The interval at lower confidence lies inside the one at higher, around the same mean."""
    narrow, wide = (_interval(differences, confidence) for confidence in sorted((one, other)))
    assert wide.low <= narrow.low <= narrow.mean <= narrow.high <= wide.high
    assert narrow.mean == wide.mean


@given(st.floats(0.5, 0.999), st.integers(1, 20))
def test_several_intervals_hold_together_by_a_share_of_the_error_each(confidence: float, comparisons: int) -> None:
    """The errors add up to the stated one at most; a single comparison pays nothing."""
    each = simultaneous_confidence(confidence, comparisons)
    assert comparisons * (1 - each) == pytest.approx(1 - confidence)
    assert confidence <= each + 1e-12
    assert simultaneous_confidence(confidence, 1) == pytest.approx(confidence)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.5, 0.5, Verdict.EQUIVALENT),
        (0.1, 0.4, Verdict.EQUIVALENT),
        (-0.4, -0.1, Verdict.EQUIVALENT),
        (0.1, 0.6, Verdict.HELPS),
        (-0.6, -0.1, Verdict.HURTS),
        (0.0, 0.6, Verdict.INCONCLUSIVE),
        (-0.6, 0.0, Verdict.INCONCLUSIVE),
        (-3.0, 4.0, Verdict.INCONCLUSIVE),
    ],
)
def test_the_questions_are_asked_in_the_stated_order(low: float, high: float, verdict: Verdict) -> None:
    """Inside the margin first, then wholly above zero, then wholly below; zero itself is neither."""
    assert verdict_of(low, high, 0.5) is verdict


INTERVALS = st.tuples(POINTS, POINTS).map(sorted)
MARGINS = st.floats(0, 50)
MIRROR = {Verdict.HELPS: Verdict.HURTS, Verdict.HURTS: Verdict.HELPS}


@given(INTERVALS, MARGINS)
def test_swapping_the_arms_swaps_help_and_harm(interval: list[float], margin: float) -> None:
    """And leaves the other verdicts as they are."""
    low, high = interval
    verdict = verdict_of(low, high, margin)
    assert verdict_of(-high, -low, margin) is MIRROR.get(verdict, verdict)


@given(INTERVALS, MARGINS, MARGINS)
def test_a_wider_margin_can_only_make_a_verdict_equivalent(interval: list[float], one: float, other: float) -> None:
    """What does not matter to a client with a small margin does not matter to one with a larger."""
    before, after = (verdict_of(*interval, margin) for margin in sorted((one, other)))
    assert after in (before, Verdict.EQUIVALENT)


@given(st.tuples(POINTS, POINTS, POINTS, POINTS).map(sorted), MARGINS)
def test_a_wider_interval_never_says_more(ends: list[float], margin: float) -> None:
    """Help stays help or becomes too small to matter as the interval narrows, and never becomes harm."""
    outer_low, inner_low, inner_high, outer_high = ends
    wide, narrow = verdict_of(outer_low, outer_high, margin), verdict_of(inner_low, inner_high, margin)
    if wide is not Verdict.INCONCLUSIVE:
        assert narrow in (wide, Verdict.EQUIVALENT)


def _difference(**changes: Any) -> Difference:
    values: dict[str, Any] = {
        "mean": 1.25, "low": 0.54, "high": 2.0, "confidence": 0.975,
        "standard_deviation": 0.3, "seeds": [0, 1, 2], "per_seed": [1.0, 1.25, 1.5],
    }  # fmt: skip
    return Difference(**(values | changes))


@pytest.mark.parametrize("verdict", Verdict)
def test_the_sentence_has_the_name_and_the_numbers_in_it(verdict: Verdict) -> None:
    """Whatever the verdict: by how much, between what, on how many seeds."""
    sentence = sentence_of("flip", verdict, _difference(), 0.95, 0.5)
    assert sentence.startswith("flip ")
    assert "+1.2 points against the baseline (95% interval +0.5 to +2.0, 3 seeds)" in sentence


def test_the_sentence_without_a_difference_says_why() -> None:
    """Too few seeds are not a small difference."""
    sentence = sentence_of("flip", Verdict.INCONCLUSIVE, None, 0.95, 0.5)
    assert sentence == "flip: no verdict, because fewer than two seeds gave a result for it and for the baseline."


@pytest.mark.parametrize(("confidence", "said"), [(0.9, "90%"), (0.975, "97.5%"), (0.999, "99.9%")])
def test_the_sentence_states_the_confidence_as_it_was_asked_for(confidence: float, said: str) -> None:
    """Rounding must not make certainty out of 99.9 %."""
    assert f"({said} interval" in sentence_of("flip", Verdict.HELPS, _difference(), confidence, 0.5)
