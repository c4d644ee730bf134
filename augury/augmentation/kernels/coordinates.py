"""Where rows of an image are read from: all of their pixels at once, before any of them is read.

Beyond the border as SciPy's ``affine_transform`` has it (``map_coordinate`` in scipy/ndimage/src/ni_interpolation.c).
Each function here is one loop without a branch or a call, which the compiler turns into vector instructions. None
allows it to reorder or to contract: where a pixel falls exactly on the border, the last bit decides.
"""

from __future__ import annotations

import math

import numpy as np
from numba import int32, njit, uint32

from augury.augmentation.kernels.fill_modes import REFLECT, WRAP, span_inside


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
def _note(y, x, steps, row, index, room):
    """Coordinates within the image as the offset of the value above and left of them, and the distances from it."""
    offsets, rights, downs = room
    top, left = np.floor(y), np.floor(x)
    offsets[row, index] = uint32(int32(top * steps[0] + left * steps[1]))
    rights[row, index], downs[row, index] = x - left, y - top


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _locate_nearest(mapping, lines, positions, last_y, last_x, steps, room):
    a, b, c, d, e, f = mapping
    for row in range(len(lines)):
        y0, x0 = c + a * lines[row], f + d * lines[row]
        for index in range(len(positions)):
            y, x = y0 + b * positions[index], x0 + e * positions[index]
            _note(_clamped(y, last_y), _clamped(x, last_x), steps, row, index, room)


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _locate_reflected(mapping, lines, positions, last_y, last_x, steps, room):
    a, b, c, d, e, f = mapping
    for row in range(len(lines)):
        y0, x0 = c + a * lines[row], f + d * lines[row]
        for index in range(len(positions)):
            y, x = _reflected(y0 + b * positions[index], last_y), _reflected(x0 + e * positions[index], last_x)
            _note(_clamped(y, last_y), _clamped(x, last_x), steps, row, index, room)


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _locate_wrapped(mapping, lines, positions, last_y, last_x, steps, room):
    a, b, c, d, e, f = mapping
    for row in range(len(lines)):
        y0, x0 = c + a * lines[row], f + d * lines[row]
        for index in range(len(positions)):
            y, x = _wrapped(y0 + b * positions[index], last_y), _wrapped(x0 + e * positions[index], last_x)
            _note(_clamped(y, last_y), _clamped(x, last_x), steps, row, index, room)


@njit(cache=True, nogil=True, _nrt=False)
def locate(mapping, lines, positions, fill_mode, last_y, last_x, steps, room):
    """Say where the pixels of some rows are read from, beyond the border as the fill mode has it.

    Args:
        mapping: (a, b, c, d, e, f), see geometry.source_map.
        lines: the rows, as doubles.
        positions: the columns, as doubles.
        fill_mode: see fill_modes; of CONSTANT, what is beyond the border is for the caller to leave out.
        last_y: the largest coordinate of a row, H - 1.
        last_x: that of a column, W - 1.
        steps: (of a row, of a column) of the scratch image, as doubles.
        room: (offsets, rights, downs), each ``[rows, columns]``: filled with the offset of the value above and left in
            the scratch image (uint32), and the distances from it, in [0, 1), in the type to go on in.
    """
    if fill_mode == REFLECT:
        _locate_reflected(mapping, lines, positions, last_y, last_x, steps, room)
    elif fill_mode == WRAP:
        _locate_wrapped(mapping, lines, positions, last_y, last_x, steps, room)
    else:
        _locate_nearest(mapping, lines, positions, last_y, last_x, steps, room)


@njit(cache=True, nogil=True, _nrt=False)
def snap(steps, room):
    """Move coordinates to the nearest pixel: distances of a half or more to the next one, and all of them to 0."""
    offsets, rights, downs = room[0].reshape(-1), room[1].reshape(-1), room[2].reshape(-1)
    for index in range(len(offsets)):
        down, right = np.floor(downs[index] + 0.5), np.floor(rights[index] + 0.5)
        offsets[index] += uint32(int32(down * steps[0] + right * steps[1]))
        rights[index] = downs[index] = 0.0


@njit(cache=True, nogil=True, _nrt=False)
def find_spans(mapping, lines, height, width, is_mirrored, spans):
    """Fill *spans* ``[rows, 2]`` with the columns, first and end, that are read from within the image.

    ``is_mirrored`` says whether columns run backwards.
    """
    a, b, c, d, e, f = mapping
    for row in range(len(lines)):
        first_y, end_y = span_inside(c + a * lines[row], b, height - 1.0, width)
        first_x, end_x = span_inside(f + d * lines[row], e, width - 1.0, width)
        first = max(first_y, first_x)
        end = max(first, min(end_y, end_x))
        spans[row, 0], spans[row, 1] = (width - end, width - first) if is_mirrored else (first, end)
