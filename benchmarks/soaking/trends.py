"""Whether something grows: the slope of a series over time, with its error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

BLOCKS = 12
"""Neighbouring samples are alike. The means of so many stretches hardly are, so that their scatter is the error."""


@dataclass(frozen=True)
class Trend:
    """A straight line through a series.

    Attributes:
        mean: of the series, in its unit.
        per_hour: how much it grows in an hour, in its unit.
        low: the lower end of the 95 % interval of that.
        high: the upper end.
    """

    mean: float
    per_hour: float
    low: float
    high: float

    @property
    def is_flat(self) -> bool:
        """Whether no growth is shown: the interval has zero in it, or lies below."""
        return self.low <= 0.0

    def in_words(self, unit: str, scale: float = 1.0) -> str:
        """The line as a person reads it, in a unit of which *scale* of the series' make one."""
        what = "flat" if self.is_flat else "GROWS"
        mean, slope, low, high = (each / scale for each in (self.mean, self.per_hour, self.low, self.high))
        return f"{mean:9.1f} {unit:5} {slope:+8.2f} an hour [{low:+.2f}, {high:+.2f}]  {what}"


def trend_of(seconds: Sequence[float], values: Sequence[float]) -> Trend:
    """Least squares over the means of ``BLOCKS`` stretches of equal length, with an interval by Student's t.

    Args:
        seconds: when each value was taken, ascending; twice as many as there are blocks at least.
        values: of the series.

    Raises:
        ValueError: there are too few of them.
    """
    if len(values) < 2 * BLOCKS:
        raise ValueError(f"{len(values)} samples are too few for {BLOCKS} blocks: measure for longer")
    stretches = np.array_split(np.arange(len(values)), BLOCKS)
    hours = np.array([np.mean(np.take(seconds, each)) / 3600 for each in stretches])
    means = np.array([np.mean(np.take(values, each)) for each in stretches])
    line = stats.linregress(hours, means)
    # Of what is always the same the error is zero, which the function does not divide by.
    error = 0.0 if np.ptp(means) == 0 else float(line.stderr)
    reach = float(stats.t.ppf(0.975, BLOCKS - 2)) * error
    slope = float(line.slope)
    return Trend(float(np.mean(means)), slope, slope - reach, slope + reach)
