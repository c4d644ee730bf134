"""Where a row of an image is read from: all of its pixels at once, before any of them is read.

Beyond the border as SciPy's ``affine_transform`` has it (``map_coordinate`` in scipy/ndimage/src/ni_interpolation.c).
Each function here is one loop without a branch or a call, which the compiler turns into vector instructions. None
allows it to reorder or to contract: where a pixel falls exactly on the border, the last bit decides.
"""

from __future__ import annotations

import math

import numpy as np
from numba import int32, njit, uint32

from augury.augmentation.kernels.fill_modes import REFLECT, WRAP


@njit(inline="always")
def _clamped(coordinate, last):
    """The nearest coordinate of the image. Written so that one that is not a number becomes 0."""
    coordinate = coordinate if coordinate > 0.0 else 0.0
    return coordinate if coordinate < last else last


@njit(inline="always")
def _reflected(coordinate, last):
    """Mirrored at the outer edges of the border pixels, whose distance is the number of pixels."""
    period = 2.0 * (last + 1.0)
    there = math.fabs(coordinate + 0.5)
    there -= period * np.floor(there / period)
    back = period - there
    outside = (there if there < back else back) - 0.5
    return coordinate if 0.0 <= coordinate <= last else outside


@njit(inline="always")
def _wrapped(coordinate, last):
    """With SciPy's period, which is last, and its rounding: at a multiple of it, the last bit decides."""
    below = coordinate + last * (np.floor(-coordinate / last) + 1.0)
    above = coordinate - last * np.floor(coordinate / last)
    outside = below if coordinate < 0.0 else above
    return coordinate if 0.0 <= coordinate <= last else outside


@njit(inline="always")
def _note(y, x, steps, index, offsets, rights, downs):
    """Coordinates within the image as the offset of the pixel above and left of them, and the distances from it."""
    top, left = np.floor(y), np.floor(x)
    offsets[index] = uint32(int32(top * steps[0] + left * steps[1]))
    rights[index], downs[index] = x - left, y - top


@njit(cache=True, nogil=True, error_model="numpy")
def _locate_nearest(line, positions, last_y, last_x, steps, offsets, rights, downs):
    y0, b, x0, e = line
    for index in range(len(positions)):
        y, x = y0 + b * positions[index], x0 + e * positions[index]
        _note(_clamped(y, last_y), _clamped(x, last_x), steps, index, offsets, rights, downs)


@njit(cache=True, nogil=True, error_model="numpy")
def _locate_reflected(line, positions, last_y, last_x, steps, offsets, rights, downs):
    y0, b, x0, e = line
    for index in range(len(positions)):
        y, x = _reflected(y0 + b * positions[index], last_y), _reflected(x0 + e * positions[index], last_x)
        _note(_clamped(y, last_y), _clamped(x, last_x), steps, index, offsets, rights, downs)


@njit(cache=True, nogil=True, error_model="numpy")
def _locate_wrapped(line, positions, last_y, last_x, steps, offsets, rights, downs):
    y0, b, x0, e = line
    for index in range(len(positions)):
        y, x = _wrapped(y0 + b * positions[index], last_y), _wrapped(x0 + e * positions[index], last_x)
        _note(_clamped(y, last_y), _clamped(x, last_x), steps, index, offsets, rights, downs)


@njit(cache=True, nogil=True)
def locate(line, positions, fill_mode, last_y, last_x, steps, offsets, rights, downs):
    """Say where the pixels of a row are read from, beyond the border as the fill mode has it.

    Args:
        line: (y0, b, x0, e): position p is read from (y0 + b·p, x0 + e·p).
        positions: the positions, as doubles.
        fill_mode: see fill_modes; of CONSTANT, what is beyond the border is for the caller to leave out.
        last_y: the largest coordinate of a row, H - 1.
        last_x: that of a column, W - 1.
        steps: (of a row, of a column) of the scratch image, as doubles.
        offsets: uint32, filled with the place of the value above and left in the scratch image.
        rights: filled with the distance from it to the right, in [0, 1); of the type to go on in.
        downs: and downwards.
    """
    if fill_mode == REFLECT:
        _locate_reflected(line, positions, last_y, last_x, steps, offsets, rights, downs)
    elif fill_mode == WRAP:
        _locate_wrapped(line, positions, last_y, last_x, steps, offsets, rights, downs)
    else:
        _locate_nearest(line, positions, last_y, last_x, steps, offsets, rights, downs)


@njit(cache=True, nogil=True)
def snap(offsets, rights, downs, row_step, column_step):
    """Move coordinates to the nearest pixel: distances of a half or more to the next one, and all of them to 0."""
    for index in range(len(offsets)):
        down, right = np.floor(downs[index] + 0.5), np.floor(rights[index] + 0.5)
        offsets[index] += uint32(int32(down * row_step + right * column_step))
        rights[index] = downs[index] = 0.0
