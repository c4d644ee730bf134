"""What would decide an inconclusive verdict."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.evidence.statistics.paired_outcomes import PairedOutcomes
from augury.evidence.statistics.power import Shortfall, seeds_if_equivalent, shortfall
from augury.evidence.statistics.variance_components import PairedDifference, estimate_paired_difference, resolution
from tests.augury.evidence.arms import OUTCOMES, random_outcomes

MANY_IMAGES = PairedDifference(
    mean=0.8,
    standard_deviation=1.0,
    seeds=3,
    between_seeds=1.0,
    drawing=0.0,
    covariance=0.0,
    likely_covariance=0.0,
    units=10**6,
    units_per_seed=10**6,
    population=1e6,
    images_per_unit=1.0,
)


def test_the_seeds_are_those_of_the_t_table() -> None:
    """With deviation 1, nine seeds give a half width of 2.306 / 3 = 0.769 below 0.8; eight give 0.836."""
    assert shortfall(MANY_IMAGES, 0.5, 0.95) == Shortfall(seeds=9, images=None)


def test_a_difference_near_zero_needs_the_seeds_that_bring_it_inside_the_margin() -> None:
    """Around 0.1 the interval must be below 0.4 on either side: 27 seeds, 2.056 / sqrt(27) = 0.396."""
    assert shortfall(replace(MANY_IMAGES, mean=-0.1), 0.5, 0.95) == Shortfall(seeds=27, images=None)


def test_nothing_decides_between_no_difference_and_no_margin() -> None:
    """Exactly zero can neither be excluded nor be inside a margin of zero."""
    assert shortfall(replace(MANY_IMAGES, mean=0.0), 0.0, 0.95) == Shortfall(None, None)


def test_equivalence_takes_as_many_seeds_as_bring_an_interval_around_zero_within_the_margin() -> None:
    """Whatever the difference seen; none where the margin is too narrow for any number of seeds."""
    assert seeds_if_equivalent(MANY_IMAGES, 0.4, 0.95) == shortfall(replace(MANY_IMAGES, mean=-0.1), 0.5, 0.95).seeds
    assert seeds_if_equivalent(replace(MANY_IMAGES, mean=9.0), 0.4, 0.95) == 27
    assert seeds_if_equivalent(MANY_IMAGES, 0.0, 0.95) is None


def test_where_the_images_limit_the_interval_it_is_images_that_are_needed() -> None:
    """A standard error of 2 points from 400 images needs (1.96 * 2 / 1)² = 15.4 times as many to see one point."""
    estimate = replace(
        MANY_IMAGES, mean=1.0, between_seeds=0.0, likely_covariance=4.0, units=400, units_per_seed=400, population=400.0
    )
    assert shortfall(estimate, 0.5, 0.95) == Shortfall(seeds=None, images=6200)


def test_so_few_images_that_no_mistake_among_them_means_nothing_need_more() -> None:
    """Half a point is one image in two hundred; that none is wrong is known to that from 736 images on."""
    estimate = replace(MANY_IMAGES, mean=0.0, between_seeds=0.0, units=100, units_per_seed=100, population=100.0)
    needed = shortfall(estimate, 0.5, 0.95)
    assert needed == Shortfall(seeds=None, images=740)
    assert needed.images is not None
    assert resolution(needed.images, 0.95) < 0.5 < resolution(730, 0.95)


def test_groups_that_agree_need_no_more_groups_than_a_sign_test_takes() -> None:
    """Two in three of ten groups gained: with the same shares, (1.96 / (1/3))² = 34.6 that speak would be enough."""
    estimate = replace(
        MANY_IMAGES, mean=10.0, between_seeds=0.01, likely_covariance=0.1, units=9, units_per_seed=9, population=9.0,
        effective_units=9.0, gained=6, lost=3,
    )  # fmt: skip
    assert shortfall(estimate, 0.5, 0.95) == Shortfall(seeds=None, images=35)


def test_images_of_a_group_are_needed_together() -> None:
    """Where ten images come as one, ten times as many are needed."""
    estimate = replace(MANY_IMAGES, mean=0.0, between_seeds=0.0, units=100, units_per_seed=100, population=100.0)
    assert shortfall(replace(estimate, images_per_unit=10.0), 0.5, 0.95) == Shortfall(seeds=None, images=7400)


def test_a_spread_that_comes_of_training_takes_seeds_and_no_image_helps() -> None:
    """A hundredth of a point against a deviation of one point: (1.96 / 0.01)² seeds, to two digits."""
    assert shortfall(replace(MANY_IMAGES, mean=0.01), 0.0, 0.95) == Shortfall(seeds=39_000, images=None)


def test_a_spread_that_comes_of_the_images_takes_images() -> None:
    """The same deviation from judging by a million images: with 200 seeds (1.96 / 0.01)² / 200 times as many."""
    estimate = replace(MANY_IMAGES, mean=0.01, drawing=1.0)
    assert shortfall(estimate, 0.0, 0.95) == Shortfall(seeds=None, images=200_000_000)


@settings(deadline=None)
@given(OUTCOMES, st.floats(0, 20), st.floats(0.5, 0.999))
def test_whatever_the_evidence_the_answer_is_seeds_or_images(
    outcomes: PairedOutcomes, margin: float, confidence: float
) -> None:
    """More than there are, never both, and no error for zero spread or hardly an image."""
    estimate = estimate_paired_difference(outcomes)
    needed = shortfall(estimate, margin, confidence)
    assert needed.seeds is None or needed.images is None
    assert needed.seeds is None or needed.seeds > estimate.seeds
    assert needed.images is None or needed.images > estimate.units_per_seed * estimate.images_per_unit


def test_about_half_of_the_comparisons_are_decided_by_the_seeds_that_were_forecast() -> None:
    """An even chance, as the forecast says, for a forecast from ten seeds that is kept to."""
    generator = np.random.default_rng(4)
    decided = []
    for _ in range(300):
        differences = generator.normal(1.0, 2.0, 200)
        first = differences[:10]
        estimate = replace(MANY_IMAGES, mean=1.0, seeds=10, between_seeds=float(first.var(ddof=1)))
        seeds = shortfall(estimate, 0.0, 0.95).seeds
        assert seeds is not None
        seen = differences[:seeds]
        later = replace(estimate, mean=float(seen.mean()), seeds=seeds, between_seeds=float(seen.var(ddof=1)))
        decided.append(later.interval(0.95).low > 0)
    assert 0.4 <= np.mean(decided) <= 0.65


def test_seeds_of_drawn_splits_see_more_and_more_of_the_images() -> None:
    """One split of a fifth resolves little, and the seeds that resolve the margin are found."""
    generator = np.random.default_rng(9)
    estimate = estimate_paired_difference(
        random_outcomes(generator, seeds=2, images=2000, drawn=400, difficulty=60.0, systematic=0.0)
    )  # all right, always
    needed = shortfall(estimate, 0.3, 0.95)
    assert needed.seeds is not None
    seen = estimate.population * (1 - (1 - 400 / estimate.population) ** needed.seeds)
    assert resolution(seen, 0.95) < 0.3
    assert math.isfinite(estimate.population)


@pytest.mark.parametrize("step", [2.0, 10.0])
def test_where_one_image_weighs_more_more_images_are_needed(step: float) -> None:
    """As a rare class's do by balanced accuracy: in proportion, as far as it is resolution that is lacking."""
    generator = np.random.default_rng(9)
    alike = estimate_paired_difference(
        random_outcomes(generator, seeds=10, images=200, drawn=200, difficulty=60.0, systematic=0.0)
    )  # all right, always
    needed = [shortfall(replace(alike, step=each), 0.3, 0.95).images for each in (1.0, step)]
    assert needed[0] is not None
    assert needed[1] == pytest.approx(step * needed[0], rel=0.05)
