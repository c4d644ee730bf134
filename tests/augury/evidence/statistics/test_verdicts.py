"""The rule from an interval to a verdict, and the verdict in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.reports.evidence import ClassEffect
from api_schemas.reports.report import Difference, Verdict
from augury.evidence.statistics.verdicts import verdict_of
from augury.evidence.why.verdict_sentence import sentence_of

POINTS = st.floats(-100, 100)


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
    """Whatever the verdict: by how much, between what, on how many seeds, and that it holds with others together."""
    sentence = sentence_of("flip", verdict, _difference(), 0.95, 0.5)
    assert sentence.startswith("flip ")
    assert "+1.2 points against the baseline (95% simultaneous interval +0.5 to +2.0, 3 seeds)" in sentence


def test_the_sentence_without_a_difference_says_why() -> None:
    """Too few seeds are not a small difference."""
    sentence = sentence_of("flip", Verdict.INCONCLUSIVE, None, 0.95, 0.5)
    assert sentence == "flip: no verdict, because fewer than two seeds gave a result for it and for the baseline."


@pytest.mark.parametrize(("confidence", "said"), [(0.9, "90%"), (0.975, "97.5%"), (0.999, "99.9%")])
def test_the_sentence_states_the_confidence_as_it_was_asked_for(confidence: float, said: str) -> None:
    """Rounding must not make certainty out of 99.9 %."""
    alone = _difference(confidence=confidence)
    assert f"({said} interval" in sentence_of("flip", Verdict.HELPS, alone, confidence, 0.5)


@pytest.mark.parametrize(
    ("verdict", "low", "high", "said"),
    [
        (Verdict.HELPS, 0.1, 0.4, "; but by less than the 0.5 points that count."),
        (Verdict.HURTS, -0.8, -0.05, "; it may be less than the 0.5 points that count."),
        (Verdict.HELPS, 0.2, 3.0, "seeds)."),
        (Verdict.EQUIVALENT, 0.1, 0.3, "; the interval lies above zero, and within what counts as none."),
        (Verdict.EQUIVALENT, -0.2, 0.3, "seeds)."),
    ],
)
def test_an_effect_that_may_be_too_small_to_matter_is_said_to_be(
    verdict: Verdict, low: float, high: float, said: str
) -> None:
    """The margin is the reader's own, so the verdict's sentence answers to it."""
    difference = _difference(mean=(low + high) / 2, low=low, high=high)
    assert sentence_of("flip", verdict, difference, 0.95, 0.5).endswith(said)


def _lost(name: str, before: float, after: float) -> ClassEffect:
    return ClassEffect(
        class_name=name, validation_images=20, baseline_accuracy=before, candidate_accuracy=after,
        difference=100 * (after - before), low=-50, high=-5, adjusted_p=0.001, significant=True, affinity=None,
    )  # fmt: skip


@pytest.mark.parametrize("verdict", Verdict)
def test_a_class_that_is_ruined_stands_in_the_verdict_before_it(verdict: Verdict) -> None:
    """Whatever the mean over all classes says."""
    sentence = sentence_of("flip", verdict, _difference(), 0.95, 0.5, [_lost("rare", 0.7, 0.37)])
    assert sentence.startswith("flip loses on “rare” (recognised: 70% to 37%), and ")
    assert "over all classes" in sentence
    many = sentence_of("flip", verdict, _difference(), 0.95, 0.5, [_lost(str(at), 0.7, 0.3) for at in range(5)])
    assert "“2” (recognised: 70% to 30%) and 2 more classes, and " in many


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize(
    ("mine", "theirs", "whose"),
    [
        (True, False, "most of its trials were"),
        (False, True, "most of the baseline's trials were"),
        (True, True, "most of its trials, and of the baseline's, were"),
    ],
)
def test_a_verdict_about_trainings_that_were_not_over_says_so_itself(
    verdict: Verdict, mine: bool, theirs: bool, whose: str
) -> None:
    """Whatever it is: with more epochs it may be another."""
    sentence = sentence_of("flip", verdict, _difference(), 0.95, 0.5, is_cut_short=mine, is_baseline_cut_short=theirs)
    assert sentence.endswith(
        f"; but {whose} still improving when their epochs ended: with more epochs this may change."
    )
