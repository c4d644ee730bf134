"""Quantiles and tails of the distributions that intervals and tests are made from, as plain functions.

They are the ones that ``scipy.stats`` calls, without what it takes to import and to call that.
"""

from __future__ import annotations

from scipy import special


def normal_quantile(probability: float) -> float:
    """The x that a standard normal variable stays below with that probability."""
    return float(special.ndtri(probability))


def t_quantile(probability: float, degrees_of_freedom: float) -> float:
    """The x that Student's t stays below with that probability."""
    return float(special.stdtrit(degrees_of_freedom, probability))


def t_tail(x: float, degrees_of_freedom: float) -> float:
    """The probability that Student's t exceeds x."""
    return float(special.stdtr(degrees_of_freedom, -x))


def binomial_tail(least: int, trials: int, probability: float) -> float:
    """The probability of *least* or more successes."""
    return 1.0 if least <= 0 else float(special.bdtrc(least - 1, trials, probability))


def beta_quantile(probability: float, a: float, b: float) -> float:
    """The x that a beta variable stays below with that probability."""
    return float(special.betaincinv(a, b, probability))
