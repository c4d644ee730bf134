"""From differences back to images: on how many of them one arm does as well as another."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.reports.differences import Difference
from augury.evidence.responses.learning_curve import images_needed
from augury.evidence.statistics.distributions import t_quantile


def _difference(mean: float, half: float) -> Difference:
    return Difference(
        mean=mean, low=mean - half, high=mean + half, confidence=0.95, standard_deviation=1, seeds=[0, 1], per_seed=[]
    )


CURVES = st.lists(st.tuples(st.floats(-20, 20), st.floats(0.01, 10)), min_size=2, max_size=5)
SIZES = [100, 200, 400, 800, 1600]


def test_a_level_between_two_sizes_is_found_on_the_straight_line_in_the_logarithm() -> None:
    """Half of the way in points is the geometric mean in images."""
    needed = images_needed([100, 400], [_difference(-2, 0.001), _difference(2, 0.001)])
    assert needed is not None
    assert needed.images == pytest.approx(200)
    assert (needed.low, needed.high) == (pytest.approx(200, rel=0.01), pytest.approx(200, rel=0.01))


@pytest.mark.parametrize(
    ("means", "expected"),
    [([-5, -4, -3], (None, 400.0, None)), ([3, 4, 5], (None, None, 100.0)), ([-1, 0, 1], (200.0, None, None))],
)
def test_nothing_is_claimed_beyond_what_was_measured(
    means: list[float], expected: tuple[float | None, float | None, float | None]
) -> None:
    """Below the level all along, more than the largest size is needed; above it, fewer than the smallest."""
    needed = images_needed([100, 200, 400], [_difference(mean, 1.5) for mean in means])
    assert needed is not None
    assert (needed.images, needed.low, needed.high) == tuple(
        None if each is None else pytest.approx(each) for each in expected
    )


def test_one_size_is_no_curve() -> None:
    """It takes two points for a line."""
    assert images_needed([100], [_difference(0, 1)]) is None


@given(CURVES)
def test_the_estimate_lies_in_its_interval_and_both_in_what_was_measured(curve: list[tuple[float, float]]) -> None:
    """Whatever the order of the points."""
    sizes = SIZES[: len(curve)]
    needed = images_needed(sizes, [_difference(*point) for point in curve])
    assert needed is not None
    for each in (needed.images, needed.low, needed.high):
        assert each is None or sizes[0] * 0.999 <= each <= sizes[-1] * 1.001
    if needed.images is not None:
        assert (needed.low or 0) <= needed.images * 1.001
        assert needed.images <= (needed.high or math.inf) * 1.001


@given(CURVES, st.floats(1, 5))
def test_wider_intervals_of_the_differences_never_give_a_narrower_one_of_images(
    curve: list[tuple[float, float]], factor: float
) -> None:
    """Less certainty is no more of it."""
    sizes = SIZES[: len(curve)]
    narrow, wide = (images_needed(sizes, [_difference(mean, half * by) for mean, half in curve]) for by in (1, factor))
    assert narrow is not None
    assert wide is not None
    assert (wide.low or 0) <= (narrow.low or 0) * 1.001
    assert (wide.high or math.inf) >= (narrow.high or math.inf) * 0.999


@given(CURVES, st.floats(0.5, 20))
def test_counting_images_in_other_units_changes_the_answer_by_that(
    curve: list[tuple[float, float]], factor: float
) -> None:
    """In thousands, or per class: a logarithm has no unit."""
    sizes = SIZES[: len(curve)]
    differences = [_difference(*point) for point in curve]
    one, other = (images_needed([size * by for size in sizes], differences) for by in (1, factor))
    assert one is not None
    assert other is not None
    for name in ("images", "low", "high"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert theirs == (None if mine is None else pytest.approx(mine * factor, rel=1e-6))


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_the_interval_covers_the_truth_as_often_as_it_says(seeds: int) -> None:
    """At 95 %: where the curve is a straight line in the logarithm and seeds shift all its points together."""
    generator, sizes, truth = np.random.default_rng(seeds), np.array([100.0, 200.0, 400.0]), 230.0
    means = 4 * np.log(sizes / truth)
    quantile, covered = t_quantile(0.975, seeds - 1), 0
    for _ in range(500):
        shared = generator.normal(0, 1, (seeds, 1))
        measured = means + shared + generator.normal(0, 1, (seeds, 3))
        halves = quantile * measured.std(0, ddof=1) / math.sqrt(seeds)
        needed = images_needed(
            list(sizes), [_difference(mean, half) for mean, half in zip(measured.mean(0), halves, strict=True)]
        )
        assert needed is not None
        covered += (needed.low or 0) <= truth <= (needed.high or math.inf)
    assert covered / 500 > 0.93  # at exactly 95 %, fewer once in fifty times
