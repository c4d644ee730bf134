"""What would decide an inconclusive verdict: seeds, or images where no number of seeds would do."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from augury.evidence.statistics.distributions import normal_quantile, t_quantile
from augury.evidence.statistics.variance_components import (
    PairedDifference,
    degrees_of_freedom,
    resolution,
    sign_test,
)

MAX_SEEDS = 200
"""Beyond so many, more images are the better advice."""

_NOTHING = 1e-6  # points


@dataclass(frozen=True)
class Shortfall:
    """What an undecided comparison lacks, if things stay as they look. At most one of the two is not None.

    Neither is there where the difference seen is zero and there is no margin to be equivalent within.
    """

    seeds: int | None
    """Seeds in all. Above MAX_SEEDS, and then to two digits, only where no number of images would do with fewer."""
    images: int | None
    """Images in all, to validate on or to draw validation sets from, where MAX_SEEDS seeds are too few. Two digits."""


def shortfall(estimate: PairedDifference, practical_effect: float, confidence: float) -> Shortfall:
    """The fewest seeds, or else images, with which the expected interval excludes zero or lies within the margin.

    The interval is expected around the difference seen so far, with the variances seen so far. As the difference may
    turn out otherwise, this is what an even chance takes, not a promise.

    Args:
        estimate: of the undecided comparison.
        practical_effect: the margin, points.
        confidence: of the interval that is to decide, in (0, 1).
    """
    reach = max(abs(estimate.mean), practical_effect - abs(estimate.mean))
    if reach < _NOTHING:
        return Shortfall(None, None)
    seeds = _seeds_within(estimate, reach, confidence)
    if seeds is not None:
        return Shortfall(seeds, None)
    return _beyond(estimate, reach, normal_quantile((1 + confidence) / 2), confidence)


def seeds_if_equivalent(estimate: PairedDifference, practical_effect: float, confidence: float) -> int | None:
    """The fewest seeds in all whose expected interval lies within the margin if there is no difference at all.

    None where MAX_SEEDS would not do.
    """
    return _seeds_within(estimate, practical_effect, confidence)


def _seeds_within(estimate: PairedDifference, reach: float, confidence: float) -> int | None:
    numbers = range(estimate.seeds + 1, MAX_SEEDS + 1)
    index = bisect_left(numbers, True, key=lambda seeds: _is_within(estimate, seeds, reach, confidence))
    return numbers[index] if index < len(numbers) else None


def _is_within(estimate: PairedDifference, seeds: int, reach: float, confidence: float) -> bool:
    """Whether half of the expected interval is shorter than *reach*, by the rules of the interval."""
    units = _units_with(estimate, seeds)
    of_seeds, of_images = estimate.between_seeds / seeds, estimate.likely_covariance
    freedom = degrees_of_freedom(of_seeds, of_images, seeds, min(units, estimate.effective_units))
    by_spread = t_quantile((1 + confidence) / 2, freedom) * math.sqrt(of_seeds + of_images)
    more = units / max(estimate.units, 1)
    is_shown_by_signs = sign_test(estimate.gained * more, estimate.lost * more) < 1 - confidence
    half = by_spread if is_shown_by_signs else max(by_spread, estimate.step * resolution(units, confidence))
    return half < reach


def _units_with(estimate: PairedDifference, seeds: int) -> float:
    """How many different units so many validation sets are expected to hold."""
    if math.isinf(estimate.population):
        return estimate.units_per_seed * seeds
    missed = math.pow(max(0.0, 1 - estimate.units_per_seed / estimate.population), seeds)
    return estimate.population * (1 - missed)


def _beyond(estimate: PairedDifference, reach: float, quantile: float, confidence: float) -> Shortfall:
    """Of images, as many as do with MAX_SEEDS seeds; of seeds, as many as do if training itself varies too much."""
    allowed = (reach / quantile) ** 2
    of_training = max(0.0, estimate.between_seeds - estimate.drawing) / MAX_SEEDS
    if allowed <= of_training:
        return Shortfall(_rounded_up(max(estimate.between_seeds / allowed, MAX_SEEDS + 1)), None)
    now = _units_with(estimate, MAX_SEEDS)
    of_images = estimate.between_seeds / MAX_SEEDS - of_training + estimate.likely_covariance
    by_spread = now * of_images / (allowed - of_training)
    by_resolution = math.log((1 - confidence) / 2) / math.log1p(-min(reach / estimate.step, 99.0) / 100)
    enough = min(by_resolution, _units_for_the_signs(estimate, quantile, confidence))
    return Shortfall(None, _rounded_up(max(by_spread, enough, now + 1) * estimate.images_per_unit))


def _units_for_the_signs(estimate: PairedDifference, quantile: float, confidence: float) -> float:
    """The units with which the sign test would find the difference, by the normal approximation of the binomial."""
    speaking, majority = estimate.gained + estimate.lost, abs(estimate.gained - estimate.lost)
    if estimate.mean * (estimate.gained - estimate.lost) <= 0:
        return math.inf
    of_one_sign = math.log2(2 / (1 - confidence))  # below so many, not even unanimous ones are enough
    return max((quantile * speaking / majority) ** 2, of_one_sign) * estimate.units / speaking


def _rounded_up(number: float) -> int:
    """To two significant digits."""
    step = int(10.0 ** max(0, math.floor(math.log10(number)) - 1))
    return math.ceil(number / step) * step
