"""From values to shares of an axis, and the round numbers that are written beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

PADDING = 0.04
"""Of the span, left free at both ends, so that marks are not cut."""

_FACTORS = (1.0, 2.0, 5.0, 10.0, 20.0)
_SLACK = 1e-9
"""Of a step: the ends of an axis are round numbers but for rounding."""
_MAX_PLAIN_DECIMALS = 6
_MAX_PLAIN = 1e7


@dataclass(frozen=True)
class Scale:
    """An axis from *low* to *high*, which differ; on a logarithmic one both are above zero."""

    low: float
    high: float
    is_logarithmic: bool = False

    def share(self, value: float) -> float:
        """Where *value* lies: 0 at the low end, 1 at the high one, and beyond where it is not on the axis."""
        low, high, at = (map(math.log, (self.low, self.high, value))) if self.is_logarithmic else (
            self.low, self.high, value,
        )  # fmt: skip
        return (at - low) / (high - low)

    def has(self, value: float) -> bool:
        """Whether *value* is on the axis."""
        return self.low <= value <= self.high


def covering(values: Iterable[float], *, padding: float = PADDING) -> Scale:
    """A straight axis with room for all *values*, of which there is one at least, and some more at its ends."""
    known = list(values)
    low, high = min(known), max(known)
    if high - low <= _SLACK * max(1.0, abs(low), abs(high)):
        low, high = low - 1, high + 1
    free = padding * (high - low)
    return Scale(low - free, high + free)


def covering_levels(levels: Sequence[float], *, min_ratio_of_logarithmic: float, padding: float = PADDING) -> Scale:
    """An axis for levels above zero: logarithmic where a straight one would crowd the lower ones."""
    least, greatest = min(levels), max(levels)
    if greatest < min_ratio_of_logarithmic * least:
        return covering(levels, padding=padding)
    free = (greatest / least) ** padding
    return Scale(least / free, greatest * free, is_logarithmic=True)


def ticks(scale: Scale, max_ticks: int) -> list[float]:
    """Round numbers on a straight axis, evenly spaced by 1, 2 or 5 of some power of ten; *max_ticks* at most."""
    power = 10.0 ** math.floor(math.log10((scale.high - scale.low) / max_ticks))
    for factor in _FACTORS:
        step = factor * power
        multiples = range(math.ceil(scale.low / step - _SLACK), math.floor(scale.high / step + _SLACK) + 1)
        if len(multiples) <= max_ticks:
            break
    return [multiple * step for multiple in multiples]


def tick_words(values: Sequence[float]) -> list[str]:
    """The values as they stand beside an axis, all with as many decimals as the distance between them needs."""
    apart = min((abs(after - before) for before, after in pairwise(values)), default=1.0)
    decimals = max(0, -math.floor(math.log10(apart) + _SLACK)) if apart else 0
    plain = decimals <= _MAX_PLAIN_DECIMALS and all(abs(value) < _MAX_PLAIN for value in values)
    written = (f"{value:.{decimals}f}" if plain else f"{value:.3g}" for value in values)
    return [each.replace("-", "−") for each in written]
