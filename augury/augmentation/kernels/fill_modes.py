"""Reading an image between its pixels and beyond its border, exactly as SciPy's ``affine_transform`` does."""

from __future__ import annotations

import math

from numba import njit

CONSTANT, NEAREST, REFLECT, WRAP = range(4)
FILL_MODES = {"constant": CONSTANT, "nearest": NEAREST, "reflect": REFLECT, "wrap": WRAP}


@njit(cache=True, nogil=True)
def inside(coordinate, length, mode):
    """The coordinate in [0, length - 1] that is read for one beyond the border; -1 where the fill value is.

    After ``map_coordinate`` in scipy/ndimage/src/ni_interpolation.c. Note that "wrap" there has the period
    length - 1, and that "reflect" repeats the border pixel.
    """
    last = length - 1.0
    if 0.0 <= coordinate <= last:
        return coordinate
    if mode == CONSTANT:
        return -1.0
    if mode == NEAREST or length <= 1:
        return 0.0 if coordinate < 0.0 else last
    if mode == REFLECT:
        period = 2.0 * length
        coordinate = math.fabs(coordinate + 0.5) % period - 0.5
        if coordinate > length - 0.5:
            coordinate = period - 1.0 - coordinate
        return min(max(coordinate, 0.0), last)
    if coordinate < 0.0:
        return coordinate + last * (math.floor(-coordinate / last) + 1.0)
    return coordinate - last * math.floor(coordinate / last)


@njit(cache=True, nogil=True)
def span_inside(start, step, limit, count):
    """The half-open range of i in [0, count) for which 0 <= start + step·i <= limit, as (first, end)."""
    if step == 0.0:
        return (0, count) if 0.0 <= start <= limit else (0, 0)
    low, high = (0.0 - start) / step, (limit - start) / step
    if step < 0.0:
        low, high = high, low
    first = int(min(max(math.ceil(low), 0.0), float(count)))
    end = int(min(max(math.floor(high) + 1.0, 0.0), float(count)))
    # Division rounds; the ends are settled by the condition itself.
    while first < end and not 0.0 <= start + step * first <= limit:
        first += 1
    while end > first and not 0.0 <= start + step * (end - 1) <= limit:
        end -= 1
    return first, end
