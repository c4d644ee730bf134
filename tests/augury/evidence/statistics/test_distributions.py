"""Quantiles and tails, against the distributions of ``scipy.stats``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augury.evidence.statistics.distributions import (
    beta_quantile,
    binomial_tail,
    normal_quantile,
    t_quantile,
    t_tail,
)

PROBABILITIES = st.floats(1e-9, 1 - 1e-9)
FREEDOM = st.floats(1, 1e6)
SHAPES = st.floats(0.5, 1e4)


@given(PROBABILITIES)
def test_a_quantile_of_the_normal_distribution(probability: float) -> None:
    """As scipy's own."""
    assert normal_quantile(probability) == pytest.approx(stats.norm.ppf(probability))


@given(PROBABILITIES, FREEDOM)
def test_a_quantile_of_students_t(probability: float, freedom: float) -> None:
    """As scipy's own."""
    assert t_quantile(probability, freedom) == pytest.approx(stats.t.ppf(probability, freedom))


@given(st.floats(-50, 50), FREEDOM)
def test_a_tail_of_students_t(x: float, freedom: float) -> None:
    """As scipy's own."""
    assert t_tail(x, freedom) == pytest.approx(stats.t.sf(x, freedom))


@given(st.integers(1, 10_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))), PROBABILITIES)
def test_a_tail_of_the_binomial_distribution(counted: tuple[int, int], probability: float) -> None:
    """As scipy's own, the number itself included; none or more is certain."""
    least, trials = counted
    assert binomial_tail(least, trials, probability) == pytest.approx(stats.binom.sf(least - 1, trials, probability))


@given(PROBABILITIES, SHAPES, SHAPES)
def test_a_quantile_of_the_beta_distribution(probability: float, a: float, b: float) -> None:
    """As scipy's own."""
    assert beta_quantile(probability, a, b) == pytest.approx(stats.beta.ppf(probability, a, b))
