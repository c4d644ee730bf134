"""Bilinear resampling of one image: for every row first the coordinates, then the pixels.

The source is first copied to a scratch image of floats with its last row and column doubled and a few values of slack:
reading it stays within the core's cache, whatever the direction, and no tap needs a look at the border.
"""

from __future__ import annotations

from numba import float32, njit, uint64

from augury.augmentation.kernels.coordinates import locate, snap
from augury.augmentation.kernels.fill_modes import CONSTANT, span_inside
from augury.augmentation.kernels.vectors import read_four_greys, read_pixel

FAST_MATH = {"contract", "reassoc", "nsz", "arcp"}
_SLACK = 4
_GREYS = 4
_REGISTER = 16
MAX_SCRATCH_SIZE = 2**31 - 1
"""Offsets are as wide as what processors convert doubles to, several at a time."""


@njit(cache=True, nogil=True)
def scratch_size(height, width, channels):
    """How many floats the scratch image of a source takes; at most MAX_SCRATCH_SIZE."""
    return (height + 1) * (width + 1) * channels + _SLACK


@njit(cache=True, nogil=True)
def padded(width):
    """Values for a row's coordinates: whole registers, so that none is computed alone."""
    return (width + _REGISTER - 1) // _REGISTER * _REGISTER


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


@njit(cache=True, nogil=True, fastmath=FAST_MATH)
def _read(image, stride, offsets, rights, downs, first, end, scale, target, begin, lanes):
    """Pixels first to end of a row, one value at a time."""
    line, here = uint64(stride), uint64(begin + first * len(lanes))
    for index in range(uint64(first), uint64(end)):
        corner = uint64(offsets[index])
        _pixel(image, corner, line, rights[index], downs[index], scale, target, here, lanes)
        here += uint64(len(lanes))


@njit(cache=True, nogil=True)
def _read_colours(image, stride, offsets, rights, downs, first, end, scale, target, begin, lanes):
    """As _read, all values of a pixel at once; of three, a fourth is written into the pixel that comes next."""
    line, here = uint64(stride), uint64(begin + first * len(lanes))
    for index in range(uint64(first), uint64(end)):
        read_pixel(image, uint64(offsets[index]), line, rights[index], downs[index], scale, target, here, lanes)
        here += uint64(len(lanes))


@njit(cache=True, nogil=True)
def _read_greys(image, stride, offsets, rights, downs, first, end, scale, target, begin, lanes):
    """As _read, of images of one channel, four pixels at once."""
    line, here, index = uint64(stride), uint64(begin + first), uint64(first)
    for _ in range((end - first) // _GREYS):
        read_four_greys(image, offsets, line, rights, downs, index, scale, target, here)
        here += uint64(_GREYS)
        index += uint64(_GREYS)
    _read(image, stride, offsets, rights, downs, index, end, scale, target, begin, lanes)


@njit(cache=True, nogil=True)
def _span(line, height, width, is_mirrored):
    """The pixels of a row, as (first, end), that are read from within the image."""
    y0, b, x0, e = line
    first, end = span_inside(y0, b, height - 1.0, width)
    first_x, end_x = span_inside(x0, e, width - 1.0, width)
    first, end = max(first, first_x), min(end, end_x)
    if first >= end:
        return 0, 0
    return (width - end, width - first) if is_mirrored else (first, end)


@njit(cache=True, nogil=True)
def resample(scratch, mapping, mirrored, fill_mode, fill_value, order, scale, row_of, out, lanes):
    """Fill *out* ``[H, W, C]`` from a scratch image (see load).

    ``mirrored`` says whether the result's (rows, columns) run backwards; ``row_of`` is the room for a row:
    (positions, offsets, rights, downs), each of padded(W) values. The type of the last two is what is computed in:
    doubles where the result is cut down to integers afterwards. ``lanes`` is a tuple with one element a channel: its
    length is known when this is compiled.
    """
    height, width, channels = out.shape[0], out.shape[1], len(lanes)
    a, b, c, d, e, f = mapping
    positions, offsets, rights, downs = row_of
    target, stride = out.reshape(-1), (width + 1) * channels
    steps = (float(stride), float(channels))
    for index in range(width):
        positions[index] = width - 1 - index if mirrored[1] else index
    first, end = 0, width
    for row in range(height):
        mapped_row, begin = height - 1 - row if mirrored[0] else row, row * width * channels
        line = (c + a * mapped_row, b, f + d * mapped_row, e)
        if fill_mode == CONSTANT:
            first, end = _span(line, height, width, mirrored[1])
            target[begin : begin + first * channels] = fill_value * scale
        locate(line, positions, fill_mode, height - 1.0, width - 1.0, steps, offsets, rights, downs)
        if order == 0:
            snap(offsets, rights, downs, *steps)
        if channels == 1:
            _read_greys(scratch, stride, offsets, rights, downs, first, end, scale, target, begin, lanes)
        else:
            # After the last pixel of the image there is none to write into.
            wide_end = min(end, width - 1) if row == height - 1 else end
            _read_colours(scratch, stride, offsets, rights, downs, first, wide_end, scale, target, begin, lanes)
            _read(scratch, stride, offsets, rights, downs, wide_end, end, scale, target, begin, lanes)
        if fill_mode == CONSTANT:
            target[begin + end * channels : begin + width * channels] = fill_value * scale
