"""The ways to fill what lies beyond an image's border, and which pixels of a row lie within."""

from __future__ import annotations

import math

from numba import njit

CONSTANT, NEAREST, REFLECT, WRAP = range(4)
FILL_MODES = {"constant": CONSTANT, "nearest": NEAREST, "reflect": REFLECT, "wrap": WRAP}


@njit(cache=True, nogil=True, _nrt=False)
def span_inside(start, step, limit, count):
    """The half-open range of i in [0, count) for which 0 <= start + step·i <= limit, as (first, end)."""
    if step == 0.0:
        return (0, count) if 0.0 <= start <= limit else (0, 0)
    low, high = (0.0 - start) / step, (limit - start) / step
    if step < 0.0:
        low, high = high, low
    first = int(min(max(math.ceil(low), 0.0), float(count)))
    end = int(min(max(math.floor(high) + 1.0, 0.0), float(count)))
    # Division rounds, and so does the sum, which a tiny step leaves at the border: the condition settles the ends.
    while first < end and not 0.0 <= start + step * first <= limit:
        first += 1
    while end > first and not 0.0 <= start + step * (end - 1) <= limit:
        end -= 1
    while first > 0 and 0.0 <= start + step * (first - 1) <= limit:
        first -= 1
    while end < count and 0.0 <= start + step * end <= limit:
        end += 1
    return first, end
