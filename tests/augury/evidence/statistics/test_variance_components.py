"""How sure a paired difference is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from api_schemas.reports.report import Verdict
from augury.evidence.statistics.paired_outcomes import PairedOutcomes, outcomes_from, paired_outcomes
from augury.evidence.statistics.variance_components import (
    PairedDifference,
    degrees_of_freedom,
    estimate_paired_difference,
    resolution,
    sign_test,
)
from augury.evidence.statistics.verdicts import verdict_of
from tests.augury.evidence.arms import OUTCOMES, arm, grouped_outcomes, on_the_same_images, random_outcomes

LEVELS = st.floats(0.5, 0.999)
MIRROR = {Verdict.HELPS: Verdict.HURTS, Verdict.HURTS: Verdict.HELPS}


def _near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def _many(count: int, draw: Callable[[np.random.Generator], PairedOutcomes]) -> list[PairedDifference]:
    generator = np.random.default_rng(7)
    return [estimate_paired_difference(draw(generator)) for _ in range(count)]


def _false_share(estimates: list[PairedDifference], confidence: float) -> float:
    intervals = [estimate.interval(confidence) for estimate in estimates]
    return float(np.mean([interval.low > 0 or interval.high < 0 for interval in intervals]))


def test_the_differences_are_points_seed_by_seed() -> None:
    """Two of four images gained by the first seed, one lost by the second: +50 and -25 points."""
    outcomes = on_the_same_images([[1, 1, 1, 0], [1, 0, 0, 0]], [[1, 0, 0, 0], [1, 1, 0, 0]])
    assert outcomes.per_seed.tolist() == [50, -25]
    assert estimate_paired_difference(outcomes).mean == 12.5


def test_on_a_fixed_set_the_variance_is_that_of_the_two_way_analysis_of_variance() -> None:
    """Seeds and images as random effects: the mean square of images over their number is one part of it."""
    generator = np.random.default_rng(3)
    outcomes = random_outcomes(generator, seeds=6, images=400, drawn=400, difficulty=0.0, systematic=6.0)
    table = 100 * outcomes.difference.reshape(6, 400)
    of_images = 6 * table.mean(axis=0).var(ddof=1)
    residual = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    of_residual = (residual**2).sum() / (5 * 399)
    estimate = estimate_paired_difference(outcomes)
    assert estimate.likely_covariance == pytest.approx((of_images - of_residual) / 6 / 400, rel=0.02)
    assert estimate.likely_covariance < estimate.covariance < 1.3 * estimate.likely_covariance


def test_noise_that_is_each_seeds_own_leaves_nothing_that_seeds_do_not_average_out() -> None:
    """Without a systematic difference the covariance is next to nothing, and the t interval the usual one."""
    generator = np.random.default_rng(5)
    outcomes = random_outcomes(generator, seeds=20, images=2000, drawn=400, difficulty=3.0, systematic=0.0)
    estimate = estimate_paired_difference(outcomes)
    assert estimate.covariance < 0.05 * estimate.between_seeds / estimate.seeds
    usual = stats.t.interval(0.95, 19, loc=estimate.mean, scale=math.sqrt(estimate.between_seeds / 20))
    assert (estimate.interval(0.95).low, estimate.interval(0.95).high) == pytest.approx(usual, rel=0.1)


def test_images_that_no_two_seeds_share_have_no_covariance() -> None:
    """Disjoint validation sets are independent."""
    generator = np.random.default_rng(5)
    right = [generator.random(50) < 0.8 for _ in range(8)]
    estimate = estimate_paired_difference(
        outcomes_from(right[:4], right[4:], [np.arange(50) + 50 * seed for seed in range(4)])
    )
    assert estimate.covariance == 0
    assert math.isinf(estimate.population)
    assert estimate.units == 200


def test_a_covariance_of_which_nothing_can_be_known_is_taken_for_the_largest() -> None:
    """With one image in common, what the seeds have in common there is taken to be all of it."""
    generator = np.random.default_rng(6)
    right = [generator.random(10) < 0.5 for _ in range(4)]
    shared_one = estimate_paired_difference(outcomes_from(right[:2], right[2:], [np.arange(10), np.arange(9, 19)]))
    cell = np.mean(
        [(d - d.mean()) ** 2 for d in (100 * (a.astype(float) - b) for a, b in zip(right[:2], right[2:], strict=True))]
    )
    assert shared_one.covariance == pytest.approx(cell / 10**2 * 10 / 9)


def test_seeds_that_agree_by_chance_do_not_make_the_interval_a_point() -> None:
    """Three seeds that all gain exactly one image of a hundred, each another one, prove no gain."""
    reference = np.ones((3, 100), bool)
    for seed in range(3):
        reference[seed, seed] = False
    estimate = estimate_paired_difference(on_the_same_images(np.ones((3, 100), bool), reference))
    assert estimate.standard_deviation == 0
    assert estimate.interval(0.95).low < 0 < estimate.mean


@pytest.mark.parametrize("images", [1, 10, 360, 5000])
def test_two_arms_that_never_differ_are_as_equal_as_the_images_can_tell(images: int) -> None:
    """Every trial right on every image: a difference of zero, within the exact binomial bound."""
    always_right = np.ones((4, images), bool)
    interval = estimate_paired_difference(on_the_same_images(always_right, always_right)).interval(0.95)
    assert interval.mean == 0
    assert interval.high == -interval.low == _near(100 * (1 - 0.025 ** (1 / images)))


def test_the_images_of_a_group_count_as_one() -> None:
    """Ten copies of every image, drawn together, make nothing surer: not the spread, and not the resolution."""
    generator = np.random.default_rng(8)
    right, against = generator.random((2, 4, 60)) < 0.7
    alone = estimate_paired_difference(outcomes_from(list(right), list(against), [np.arange(60)] * 4))
    copied = [
        [np.repeat(row, 10) for row in table] for table in (right, against, np.tile(np.arange(60), (4, 1)))
    ]  # fmt: skip
    grouped = estimate_paired_difference(outcomes_from(*copied))
    assert grouped.standard_error == pytest.approx(alone.standard_error, rel=0.02)
    assert (grouped.units, grouped.images_per_unit) == (60, 10)


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize(("images", "drawn"), [(360, 360), (500, 100), (30, 30), (40, 8)])
@pytest.mark.parametrize("systematic", [0.0, 4.0])
def test_arms_without_a_difference_are_called_different_too_seldom_rather_than_too_often(
    seeds: int, images: int, drawn: int, systematic: float
) -> None:
    """On fixed and drawn validation sets, with or without images on which one arm is always better."""
    sizes: dict[str, Any] = {"seeds": seeds, "images": images, "drawn": drawn}
    estimates = _many(300, lambda draw: random_outcomes(draw, difficulty=3.0, systematic=systematic, **sizes))
    # 300 draws of an event of 5 % are above 27 once in two thousand times.
    assert _false_share(estimates, 0.95) <= 27 / 300


def test_what_a_t_interval_over_seeds_takes_for_certain_is_an_accident_of_the_images() -> None:
    """Eight seeds agree on what forty images say; other images would have said something else."""
    estimates = _many(
        300, lambda draw: random_outcomes(draw, seeds=8, images=40, drawn=40, difficulty=0.0, systematic=4.0)
    )
    without_images = [replace(estimate, covariance=0.0, units=10**9) for estimate in estimates]
    assert _false_share(without_images, 0.95) > 0.15
    assert _false_share(estimates, 0.95) <= 0.09


def test_a_difference_that_all_groups_show_is_found() -> None:
    """Twenty patients of fifty images each, and ten points of difference in every one of them, on ten seeds."""
    sizes = np.full(20, 50)
    estimates = _many(40, lambda draw: grouped_outcomes(draw, sizes, seeds=10, difference=10))
    assert all(estimate.interval(0.95).low > 0 for estimate in estimates)
    assert all(estimate.interval(0.95).high < 20 for estimate in estimates)


def test_so_few_groups_that_their_agreement_is_an_accident_show_nothing() -> None:
    """Five patients agree by accident once in sixteen times, which 95 % does not exclude and 93 % does."""
    estimates = _many(20, lambda draw: grouped_outcomes(draw, np.full(5, 50), seeds=10, difference=10))
    assert not any(estimate.interval(0.95).low > 0 for estimate in estimates)
    assert all(estimate.interval(0.93).low > 0 for estimate in estimates)


@pytest.mark.parametrize("groups", [5, 20, 100])
@pytest.mark.parametrize("is_balanced", [True, False])
@pytest.mark.parametrize(("difference", "drawn"), [(0, 1.0), (0, 0.2), (10, 1.0)])
def test_intervals_over_groups_hold_the_truth(groups: int, is_balanced: bool, difference: int, drawn: float) -> None:
    """Groups of one size and of sizes that differ log-normally, each reacting to the candidate in its own way."""

    def draw(generator: np.random.Generator) -> PairedOutcomes:
        own = np.full(groups, 20) if is_balanced else np.maximum(2, generator.lognormal(2.5, 1, groups)).astype(int)
        return grouped_outcomes(generator, own, seeds=6, difference=difference, spread=8, drawn=drawn)

    intervals = [estimate.interval(0.95) for estimate in _many(100, draw)]
    missed = sum(not interval.low <= difference <= interval.high for interval in intervals)
    assert missed <= 12  # of 100, at exactly 5 %, more than 12 once in seven hundred times


def test_one_large_group_counts_for_more_and_the_others_for_less() -> None:
    """A patient with as many images as all the others together leaves less to rest on than the patients' number."""
    sizes = np.array([190, *[10] * 19])
    estimate = estimate_paired_difference(grouped_outcomes(np.random.default_rng(1), sizes, seeds=4))
    assert estimate.effective_units == pytest.approx(380**2 / (190**2 + 19 * 10**2))
    alike = estimate_paired_difference(grouped_outcomes(np.random.default_rng(1), np.full(20, 10), seeds=4))
    assert alike.effective_units == pytest.approx(20)


@pytest.mark.parametrize(("gained", "lost", "p"), [(0, 0, 1.0), (5, 0, 2 / 32), (0, 20, 2 / 2**20), (3, 1, 0.625)])
def test_the_sign_test_is_the_exact_binomial(gained: int, lost: int, p: float) -> None:
    """Two-sided, and one where nothing speaks."""
    assert sign_test(gained, lost) == pytest.approx(p)
    if gained + lost:
        assert sign_test(gained, lost) == pytest.approx(stats.binomtest(gained, gained + lost).pvalue)


@given(OUTCOMES, LEVELS)
def test_what_few_images_speak_for_is_never_certain(outcomes: PairedOutcomes, confidence: float) -> None:
    """An interval without zero has the sign test or the binomial bound behind it, whatever the spread."""
    estimate = estimate_paired_difference(outcomes)
    interval = estimate.interval(confidence)
    if interval.low > 0 or interval.high < 0:
        is_resolved = abs(estimate.mean) > resolution(estimate.units, confidence)
        assert is_resolved or estimate.sign_p < 1 - confidence


@given(OUTCOMES, LEVELS)
def test_swapping_the_arms_mirrors_the_interval(outcomes: PairedOutcomes, confidence: float) -> None:
    """What one gains the other loses, and nothing else changes."""
    swapped = estimate_paired_difference(replace(outcomes, difference=-outcomes.difference))
    plain, mirrored = estimate_paired_difference(outcomes).interval(confidence), swapped.interval(confidence)
    assert (mirrored.low, mirrored.mean, mirrored.high) == (_near(-plain.high), _near(-plain.mean), _near(-plain.low))
    for margin in (0.0, 0.7, 13.3):
        verdict = verdict_of(plain.low, plain.high, margin)
        assert verdict_of(mirrored.low, mirrored.high, margin) is MIRROR.get(verdict, verdict)


@given(OUTCOMES, st.randoms())
def test_neither_the_order_of_seeds_nor_that_of_images_matters(outcomes: PairedOutcomes, random: Any) -> None:
    """Seeds and images are sets."""
    entries, names = list(range(len(outcomes.difference))), list(range(outcomes.seeds))
    random.shuffle(entries)
    random.shuffle(names)
    seed = np.asarray(names)[outcomes.seed]
    other = PairedOutcomes(outcomes.difference[entries], seed[entries], outcomes.unit[entries], outcomes.seeds)
    plain, shuffled = (
        estimate_paired_difference(outcomes).interval(0.95),
        estimate_paired_difference(other).interval(0.95),
    )
    assert (shuffled.low, shuffled.mean, shuffled.high) == (_near(plain.low), _near(plain.mean), _near(plain.high))


@given(OUTCOMES, LEVELS, LEVELS)
def test_more_confidence_needs_a_wider_interval(outcomes: PairedOutcomes, one: float, other: float) -> None:
    """The interval at lower confidence lies inside the one at higher."""
    estimate = estimate_paired_difference(outcomes)
    narrow, wide = (estimate.interval(confidence) for confidence in sorted((one, other)))
    assert wide.low <= narrow.low <= narrow.mean <= narrow.high <= wide.high


@given(OUTCOMES, st.floats(0, 30), st.floats(0, 30))
def test_what_is_equivalent_stays_so_within_a_wider_margin(outcomes: PairedOutcomes, one: float, other: float) -> None:
    """And what is not can only become so."""
    interval = estimate_paired_difference(outcomes).interval(0.95)
    small, large = (verdict_of(interval.low, interval.high, margin) for margin in sorted((one, other)))
    assert large in (small, Verdict.EQUIVALENT)


@given(OUTCOMES)
def test_the_p_value_is_where_the_interval_reaches_zero(outcomes: PairedOutcomes) -> None:
    """A little more confidence than 1 - p covers zero, a little less does not."""
    estimate = estimate_paired_difference(outcomes)
    p = estimate.p_value()
    assert 0 <= p <= 1
    if 1e-9 < p < 0.99:
        wide, narrow = estimate.interval(1 - p * 0.999), estimate.interval(1 - p * 1.001)
        assert wide.low <= 0 <= wide.high
        assert narrow.low > 0 or narrow.high < 0


@given(OUTCOMES)
def test_degrees_of_freedom_lie_between_those_of_the_parts(outcomes: PairedOutcomes) -> None:
    """Never below those of the seeds alone where there are more images than seeds; nothing is not a number."""
    estimate = estimate_paired_difference(outcomes)
    least = min(estimate.seeds - 1, max(estimate.units - 1, 1))
    assert least - 1e-9 <= estimate.degrees_of_freedom <= estimate.seeds + estimate.units
    assert math.isfinite(estimate.standard_error)


def test_degrees_of_freedom_are_those_of_satterthwaite() -> None:
    """Two equal parts with 4 and 16 degrees have 2² / (1/4 + 1/16) = 12.8."""
    assert degrees_of_freedom(1.0, 1.0, 5, 17) == pytest.approx(12.8)
    assert degrees_of_freedom(0.0, 0.0, 5, 17) == 4


def test_the_resolution_is_the_rule_of_three() -> None:
    """No success among many images leaves about 3/n to hide behind, one-sided."""
    assert resolution(3000, 0.9) == pytest.approx(0.1, rel=0.01)


@pytest.mark.parametrize("difference", [math.nan, math.inf, 0.5])
def test_what_is_no_outcome_is_refused(difference: float) -> None:
    """Right or wrong, and nothing between or beside."""
    with pytest.raises(ValueError, match="-1, 0 or 1"):
        PairedOutcomes(np.array([difference, 0.0]), np.array([0, 1]), np.array([0, 1]), 2)


@pytest.mark.parametrize(
    ("candidate", "units", "complaint"),
    [
        ([[1, 0]], [[0, 1]], "two of them or more, got 1"),
        ([[1, 0], []], [[0, 1], []], "seed number 1 has no validation image"),
        ([[1, 0], [1]], [[0, 1], [0, 1]], "differ in number"),
    ],
)
def test_outcomes_that_no_spread_can_be_taken_of_are_refused(
    candidate: list[list[int]], units: list[list[int]], complaint: str
) -> None:
    """Too few seeds, a seed without images, arms of different length."""
    with pytest.raises(ValueError, match=complaint):
        outcomes_from(candidate, candidate, units)


@pytest.mark.parametrize("confidence", [0.0, 1.0, math.nan])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    """It lies between zero and one."""
    always_right = np.ones((2, 5), bool)
    with pytest.raises(ValueError, match="between 0 and 1"):
        estimate_paired_difference(on_the_same_images(always_right, always_right)).interval(confidence)


def test_arms_are_paired_on_the_seeds_that_both_finished() -> None:
    """A trial without a partner counts for nothing."""
    reference = arm("baseline", [0, 1], [[0, 1], [0, 0], [0, 0]])
    candidate = arm("flip", [0, 1], [[0, 0], [0, 1], [0, 1]])
    lost = replace(candidate, seeds={seed: candidate.seeds[seed] for seed in (0, 2)})
    outcomes = paired_outcomes(lost, reference)
    assert outcomes is not None
    assert outcomes.per_seed.tolist() == [-50, 50]
    alone = replace(candidate, seeds={2: candidate.seeds[2]})
    assert paired_outcomes(alone, reference) is None


def test_arms_that_were_validated_on_different_images_are_not_paired() -> None:
    """That would be a mistake of the caller's, and a silent one."""
    reference = arm("baseline", [0, 1], [[0, 1], [0, 0]])
    with pytest.raises(ValueError, match="'flip' and 'baseline' were validated on different images"):
        paired_outcomes(arm("flip", [0, 1], [[0, 1], [0, 0]], indices=[1, 2]), reference)
