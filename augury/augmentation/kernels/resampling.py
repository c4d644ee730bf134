"""Bilinear resampling of one image, four lanes at a time.

The source is first copied to a scratch image of floats with its last row and column doubled and a few values of slack:
reading it stays within the core's cache, whatever the direction, and no tap needs a look at the border.
"""

from __future__ import annotations

import math

import numba
from numba import float32, njit, uint64

from augury.augmentation.kernels.fill_modes import NEAREST, inside, span_inside

# Off by default in Numba; without it the four lanes below are computed one after the other.
numba.config.SLP_VECTORIZE = 1

FAST_MATH = {"contract", "reassoc", "nsz", "arcp"}
_SLACK = 4
_RGB = 3
_SHORT_ROW = 48
"""Pixels of a row below which finding its interior takes longer than it saves."""


@njit(cache=True, nogil=True)
def scratch_size(height, width, channels):
    """How many floats the scratch image of a source takes."""
    return (height + 1) * (width + 1) * channels + _SLACK


@njit(cache=True, nogil=True)
def load(source, scratch):
    """Copy an image ``[H, W, C]`` to its scratch image."""
    height, width, channels = source.shape
    flat, count, stride = source.reshape(-1), width * channels, (width + 1) * channels
    for row in range(height):
        origin, goal = flat[row * count : (row + 1) * count], scratch[row * stride : (row + 1) * stride]
        for index in range(count):
            goal[index] = float32(origin[index])
        for channel in range(channels):
            goal[count + channel] = goal[count - channels + channel]
    for index in range(stride):
        scratch[height * stride + index] = scratch[(height - 1) * stride + index]
    for index in range(_SLACK):
        scratch[(height + 1) * stride + index] = 0.0


@njit(cache=True, nogil=True, inline="always")
def _pixel(image, corner, line, right, down, scale, target, here, lanes):
    for channel in range(len(lanes)):
        at = corner + uint64(channel)
        v00, v01 = image[at], image[at + uint64(len(lanes))]
        v10, v11 = image[at + line], image[at + line + uint64(len(lanes))]
        upper = v00 + right * (v01 - v00)
        lower = v10 + right * (v11 - v10)
        target[here + uint64(channel)] = (upper + down * (lower - upper)) * scale


@njit(cache=True, nogil=True, inline="always")
def _wide_pixel(image, corner, line, right, down, scale, target, here):
    """A pixel of three channels in four lanes; the fourth writes into the next pixel, which comes later."""
    one, two, three = uint64(1), uint64(2), uint64(3)
    p, q, r = corner, corner + three, corner + line
    s = r + three
    a0, a1, a2, a3 = image[p], image[p + one], image[p + two], image[p + three]
    b0, b1, b2, b3 = image[q], image[q + one], image[q + two], image[q + three]
    c0, c1, c2, c3 = image[r], image[r + one], image[r + two], image[r + three]
    d0, d1, d2, d3 = image[s], image[s + one], image[s + two], image[s + three]
    u0, u1, u2, u3 = a0 + right * (b0 - a0), a1 + right * (b1 - a1), a2 + right * (b2 - a2), a3 + right * (b3 - a3)
    l0, l1, l2, l3 = c0 + right * (d0 - c0), c1 + right * (d1 - c1), c2 + right * (d2 - c2), c3 + right * (d3 - c3)
    o0, o1 = (u0 + down * (l0 - u0)) * scale, (u1 + down * (l1 - u1)) * scale
    o2, o3 = (u2 + down * (l2 - u2)) * scale, (u3 + down * (l3 - u3)) * scale
    target[here] = o0
    target[here + one] = o1
    target[here + two] = o2
    target[here + three] = o3


@njit(cache=True, nogil=True, fastmath=FAST_MATH)
def _interior(image, stride, y0, b, x0, e, columns, first, end, scale, target, here, lanes):
    line, step, (origin, direction) = uint64(stride), uint64(len(lanes)), columns
    for column in range(first, end):
        mapped_column = origin + direction * column
        y, x = y0 + b * mapped_column, x0 + e * mapped_column
        top, left = int(y), int(x)
        corner = uint64(top * stride + left * len(lanes))
        right, down = float32(x - left), float32(y - top)
        if len(lanes) == _RGB:
            _wide_pixel(image, corner, line, right, down, scale, target, here)
        else:
            _pixel(image, corner, line, right, down, scale, target, here, lanes)
        here += step


@njit(cache=True, nogil=True, fastmath=FAST_MATH)
def _clamped(image, stride, y0, b, x0, e, columns, first, end, last_y, last_x, scale, target, here, lanes):
    line, step, (origin, direction) = uint64(stride), uint64(len(lanes)), columns
    for column in range(first, end):
        mapped_column = origin + direction * column
        y = min(max(y0 + b * mapped_column, 0.0), last_y)
        x = min(max(x0 + e * mapped_column, 0.0), last_x)
        top, left = int(y), int(x)
        corner = uint64(top * stride + left * len(lanes))
        right, down = float32(x - left), float32(y - top)
        if len(lanes) == _RGB:
            _wide_pixel(image, corner, line, right, down, scale, target, here)
        else:
            _pixel(image, corner, line, right, down, scale, target, here, lanes)
        here += step


@njit(cache=True, nogil=True)
def _anywhere(image, stride, y0, b, x0, e, columns, first, end, edges, scale, target, begin, precise, lanes):
    height, width, fill_mode, fill_value, order = edges
    origin, direction = columns
    for column in range(first, end):
        mapped_column, index = origin + direction * column, begin + column * len(lanes)
        y, x = inside(y0 + b * mapped_column, height, fill_mode), inside(x0 + e * mapped_column, width, fill_mode)
        if y < 0.0 or x < 0.0:
            for channel in range(len(lanes)):
                target[index + channel] = fill_value * scale
            continue
        if order == 0:
            y, x = math.floor(y + 0.5), math.floor(x + 0.5)
        top, left = int(y), int(x)
        corner, here = uint64(top * stride + left * len(lanes)), uint64(index)
        if precise:
            _pixel(image, corner, uint64(stride), x - left, y - top, scale, target, here, lanes)
        else:
            right, down = float32(x - left), float32(y - top)
            _pixel(image, corner, uint64(stride), right, down, scale, target, here, lanes)


@njit(cache=True, nogil=True)
def resample(image, mapping, rows, columns, fill_mode, fill_value, order, scale, precise, out, lanes):
    """Fill *out* ``[H, W, C]`` from a scratch image (see load).

    ``columns`` and ``rows`` are (first, step) of the map's coordinates: (0, 1), or (length - 1, -1) where the result
    is mirrored. ``precise`` computes in double precision, for images that are cut down to integers afterwards.
    ``lanes`` is a tuple with one element a channel: its length is known when this is compiled.
    """
    height, width = out.shape[0], out.shape[1]
    a, b, c, d, e, f = mapping
    target, stride, last = out.reshape(-1), (width + 1) * len(lanes), width - 1
    edges = (height, width, fill_mode, fill_value, order)
    for row in range(height):
        mapped_row, begin = rows[0] + rows[1] * row, row * width * len(lanes)
        y0, x0 = c + a * mapped_row, f + d * mapped_row
        if order == 0 or precise:
            _anywhere(image, stride, y0, b, x0, e, columns, 0, width, edges, scale, target, begin, precise, lanes)
            continue
        limits = (height - 1.0, width - 1.0)
        if fill_mode == NEAREST and width < _SHORT_ROW:
            _clamped(image, stride, y0, b, x0, e, columns, 0, last, *limits, scale, target, uint64(begin), lanes)
            _anywhere(image, stride, y0, b, x0, e, columns, last, width, edges, scale, target, begin, False, lanes)
            continue
        first, end = span_inside(y0, b, height - 1.0, width)
        first_x, end_x = span_inside(x0, e, width - 1.0, width)
        first, end = max(first, first_x), min(end, end_x)
        if columns[1] < 0:
            first, end = width - end, width - first
        end = min(end, last)  # a pixel in four lanes writes beyond itself, which the last one must not
        if first >= end:
            first, end = 0, 0
        here = uint64(begin + first * len(lanes))
        if fill_mode == NEAREST:
            _clamped(image, stride, y0, b, x0, e, columns, 0, first, *limits, scale, target, uint64(begin), lanes)
            _interior(image, stride, y0, b, x0, e, columns, first, end, scale, target, here, lanes)
            here = uint64(begin + end * len(lanes))
            _clamped(image, stride, y0, b, x0, e, columns, end, last, *limits, scale, target, here, lanes)
            _anywhere(image, stride, y0, b, x0, e, columns, last, width, edges, scale, target, begin, False, lanes)
        else:
            _interior(image, stride, y0, b, x0, e, columns, first, end, scale, target, here, lanes)
            _anywhere(image, stride, y0, b, x0, e, columns, 0, first, edges, scale, target, begin, False, lanes)
            _anywhere(image, stride, y0, b, x0, e, columns, end, width, edges, scale, target, begin, False, lanes)
