"""From differences to a learning curve back to images: on how many of them one arm does as well as another.

The exchange rate between augmented and real images of Geiping et al. ("How much data are augmentations worth?", 2022),
with an interval, and within what was measured: nothing is extrapolated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from api_schemas.reports.differences import Difference
from api_schemas.reports.responses import ImagesNeeded

Floats = npt.NDArray[np.float64]


def images_needed(images: Sequence[float], differences: Sequence[Difference]) -> ImagesNeeded | None:
    """The number of images at which a learning curve reaches a level, with its interval.

    Between two sizes that were measured, accuracy is taken to be a straight line in the logarithm of the number of
    images; the estimate is where that line, made monotone by pooling neighbours that are out of order (isotonic
    regression: Barlow et al. 1972), reaches the level. The interval has all numbers of images at which the difference
    is not shown to be other than zero: a test turned into an interval, as Fieller (1954) does. The difference between
    two measured sizes is bounded by the weighted mean of the bounds at both, which no correlation between the two can
    exceed (Cauchy and Schwarz), so that the interval covers at least as often as those of the differences do.

    Args:
        images: at which the curve was measured ``[K]``, ascending.
        differences: curve minus level at each ``[K]``, in points.

    Returns:
        None where there are fewer than two sizes.
    """
    if len(images) < 2:
        return None
    sizes = np.log(np.asarray(images, float))
    lower, mean, upper = (np.asarray([getattr(each, name) for each in differences]) for name in ("low", "mean", "high"))
    low, high = _fewest(sizes, upper), _most(sizes, lower)
    estimate = _reached(sizes, _ascending(mean))
    if estimate is not None:  # pooling may move it by a little across an end of the interval
        estimate = min(max(estimate, low or 0.0), high or math.inf)
    return ImagesNeeded(images=estimate, low=low, high=high)


def _reached(sizes: Floats, values: Floats) -> float | None:
    """Where a polyline reaches zero from below; None where it begins above zero or never reaches it."""
    above = np.flatnonzero(values >= 0)
    if not len(above) or values[0] > 0:
        return None
    return math.exp(sizes[0]) if not above[0] else _crossing(sizes, values, int(above[0]) - 1)


def _fewest(sizes: Floats, upper: Floats) -> float | None:
    """The fewest images that are not shown to be too few: all that were measured where those are; None for no bound."""
    if upper[0] >= 0:
        return None
    enough = np.flatnonzero(upper >= 0)
    return _crossing(sizes, upper, int(enough[0]) - 1) if len(enough) else math.exp(sizes[-1])


def _most(sizes: Floats, lower: Floats) -> float | None:
    """The most images that are not shown to be too many: the fewest measured where those are; None for no bound."""
    if lower[-1] <= 0:
        return None
    few = np.flatnonzero(lower <= 0)
    return _crossing(sizes, lower, int(few[-1])) if len(few) else math.exp(sizes[0])


def _crossing(sizes: Floats, values: Floats, at: int) -> float:
    """Where the line from one point to the next is zero, in images."""
    rise = values[at + 1] - values[at]
    part = 0.0 if rise == 0 else -values[at] / rise
    return math.exp(sizes[at] + part * (sizes[at + 1] - sizes[at]))


def _ascending(values: Floats) -> Floats:
    """The closest ascending sequence in least squares: neighbours out of order are replaced by their mean."""
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, count = float(value), 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean, count = (mean * count + other * others) / (count + others), count + others
        pools.append((mean, count))
    return np.repeat([mean for mean, _ in pools], [count for _, count in pools])
