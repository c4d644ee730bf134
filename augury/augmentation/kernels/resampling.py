"""Bilinear resampling of one image: for some rows at a time first the coordinates, then the pixels.

The source is first copied to a scratch image with its last row and column doubled and a few values of slack: reading it
stays within the core's cache, whatever the direction, and no tap needs a look at the border. Pixels of three channels
take four values there, so that one and its neighbour fill a register of eight. Bytes stay bytes, of which more fit in
the cache; of one channel, where pixels are read one by one, and of other types there are floats.
"""

from __future__ import annotations

import numpy as np
from numba import float32, njit, types, uint64
from numba.extending import overload

from augury.augmentation.kernels.blocks import PIXELS_OF_A_BLOCK, locate_blocks, room_for_blocks, suit
from augury.augmentation.kernels.coordinates import find_spans, locate, snap
from augury.augmentation.kernels.fill_modes import CONSTANT
from augury.augmentation.kernels.vectors import load_four_colours, read_four_greys, read_pixel

FAST_MATH = {"contract", "reassoc", "nsz", "arcp"}
_SLACK = 4
_BYTES_OF_A_FLOAT = 4
_GROUP = 4
"""Pixels of one turn of a loop, where there are several."""
_COLOURS = 3
_WITH_ALPHA = 4
_PIXELS_AT_ONCE = 1024
MAX_SCRATCH_SIZE = 2**31 - 1
"""Offsets are as wide as what processors convert doubles to, several at a time."""


@njit(cache=True, nogil=True, _nrt=False)
def values_of_a_pixel(channels):
    """How many values a pixel takes in the scratch image."""
    return channels if channels == 1 else _WITH_ALPHA


@njit(cache=True, nogil=True, _nrt=False)
def scratch_size(height, width, channels):
    """How many values the scratch image of a source takes; at most MAX_SCRATCH_SIZE."""
    return (height + 1) * (width + 1) * values_of_a_pixel(channels) + _SLACK


def empty_scratch(source, size, lanes):
    """Room for a scratch image of so many values: bytes where a source has them in colour, else floats."""
    is_bytes = source.dtype == np.uint8 and len(lanes) > 1
    return np.empty(size, np.uint8 if is_bytes else np.float32)


@overload(empty_scratch)
def _empty_scratch(source, size, lanes):
    # Said once more for the compiler, which has to know the type before anything runs.
    if source.dtype == types.uint8 and len(lanes) > 1:
        return lambda source, size, lanes: np.empty(size, np.uint8)
    return lambda source, size, lanes: np.empty(size, np.float32)


@njit(cache=True, nogil=True)
def room_for(height, width, distances):
    """The room that resample needs: (lines [R], positions [P], spans [R, 2], offsets, rights, downs, blocks).

    The three before the last are ``[R, P]``: as many rows at once as the core's nearest cache holds beside what is
    read, and whole blocks a row. *distances* is an array of the type to compute in.
    """
    columns = (width + PIXELS_OF_A_BLOCK - 1) // PIXELS_OF_A_BLOCK * PIXELS_OF_A_BLOCK
    rows = min(height, max(1, _PIXELS_AT_ONCE // columns))
    rights, downs = np.empty((rows, columns), distances.dtype), np.empty((rows, columns), distances.dtype)
    offsets, spans = np.empty((rows, columns), np.uint32), np.empty((rows, 2), np.int64)
    blocks = room_for_blocks(rows * columns // PIXELS_OF_A_BLOCK)
    return np.empty(rows), np.zeros(columns), spans, offsets, rights, downs, blocks


@njit(cache=True, nogil=True, _nrt=False)
def _load_colours(row, goal):
    """A row of pixels of three channels to where they take four values each."""
    end = len(row) // (_GROUP * _COLOURS) * _GROUP
    for pixel in range(0, end, _GROUP):
        load_four_colours(row, pixel * _COLOURS, goal, pixel * _WITH_ALPHA)
    for pixel in range(end, len(row) // _COLOURS):
        for channel in range(_WITH_ALPHA):
            goal[pixel * _WITH_ALPHA + channel] = row[pixel * _COLOURS + min(channel, _COLOURS - 1)]


@njit(cache=True, nogil=True, _nrt=False)
def load(source, scratch, lanes):
    """Copy an image ``[H, W, C]`` to its scratch image."""
    height, width, channels = source.shape[0], source.shape[1], len(lanes)
    each = values_of_a_pixel(channels)
    flat, stride = source.reshape(-1), (width + 1) * each
    for row in range(height):
        origin = flat[row * width * channels : (row + 1) * width * channels]
        goal = scratch[row * stride : (row + 1) * stride]
        if channels == _COLOURS:
            _load_colours(origin, goal)
        else:
            for index in range(width * channels):
                goal[index] = origin[index]
        for value in range(each):
            goal[width * each + value] = goal[width * each - each + value]
    for index in range(stride):
        scratch[height * stride + index] = scratch[(height - 1) * stride + index]
    for index in range(_SLACK):
        scratch[(height + 1) * stride + index] = 0.0


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _pixel(image, corner, line, right, down, scale, target, here, lanes):
    each = uint64(values_of_a_pixel(len(lanes)))
    for channel in range(len(lanes)):
        at = corner + uint64(channel)
        v00, v01 = float32(image[at]), float32(image[at + each])
        v10, v11 = float32(image[at + line]), float32(image[at + line + each])
        left = v00 + down * (v10 - v00)
        beside = v01 + down * (v11 - v01)
        target[here + uint64(channel)] = (left + right * (beside - left)) * scale


@njit(cache=True, nogil=True, _nrt=False)
def _read_colours(scratch, stride, places, spans, scale, target, begin, lanes):
    """Rows of three or four channels, all values of a pixel at once; of three, a fourth is written beside the pixel."""
    offsets, rights, downs = places
    line, channels = uint64(stride), uint64(len(lanes))
    width = line // uint64(_WITH_ALPHA) - uint64(1)
    for row in range(len(spans)):
        here = uint64(begin) + (uint64(row) * width + uint64(spans[row, 0])) * channels
        for index in range(uint64(spans[row, 0]), uint64(spans[row, 1])):
            corner, right, down = uint64(offsets[row, index]), rights[row, index], downs[row, index]
            read_pixel(scratch, corner, line, right, down, scale, target, here)
            here += channels


@njit(cache=True, nogil=True, _nrt=False, fastmath=FAST_MATH)
def _read_greys(scratch, stride, places, spans, scale, target, begin, lanes):
    """Rows of one channel, four pixels at once."""
    offsets, rights, downs = places
    line, columns, four = uint64(stride), uint64(offsets.shape[1]), uint64(_GROUP)
    for row in range(len(spans)):
        index, end = uint64(spans[row, 0]), uint64(spans[row, 1])
        here = uint64(begin) + uint64(row) * (line - uint64(1)) + index
        while index + four <= end:
            place = uint64(row) * columns + index
            read_four_greys(scratch, offsets, line, rights, downs, place, scale, target, here)
            here += four
            index += four
        while index < end:
            corner, right, down = uint64(offsets[row, index]), rights[row, index], downs[row, index]
            _pixel(scratch, corner, line, right, down, scale, target, here, lanes)
            here += uint64(1)
            index += uint64(1)


@njit(cache=True, nogil=True, _nrt=False, fastmath=FAST_MATH)
def _read_last(scratch, stride, places, scale, target, lanes):
    """An image's last pixel of three or four channels: beside it there is nothing to write to."""
    offsets, rights, downs = places
    row, index = len(offsets) - 1, stride // _WITH_ALPHA - 2
    corner, here = uint64(offsets[row, index]), uint64(len(target) - len(lanes))
    _pixel(scratch, corner, uint64(stride), rights[row, index], downs[row, index], scale, target, here, lanes)


@njit(cache=True, nogil=True, _nrt=False)
def _fill_outside(spans, width, channels, value, target, begin):
    """Fill what of the rows, each *width* values, is beyond their spans."""
    for row in range(len(spans)):
        target[begin : begin + spans[row, 0] * channels] = value
        target[begin + spans[row, 1] * channels : begin + width] = value
        begin += width


@njit(cache=True, nogil=True, _nrt=False)
def resample(scratch, mapping, mirrored, fill_mode, fill_value, order, scale, room, out, lanes):
    """Fill *out* ``[H, W, C]`` from a scratch image (see load).

    ``mirrored`` says whether the result's (rows, columns) run backwards. ``room`` is that of room_for, whose type is
    computed in: doubles where the result is cut down to integers afterwards. ``lanes`` is a tuple with one element a
    channel: its length is known when this is compiled.
    """
    height, width, channels = out.shape[0], out.shape[1], len(lanes)
    all_lines, positions, all_spans, all_offsets, all_rights, all_downs, blocks = room
    each = values_of_a_pixel(channels)
    target, stride = out.reshape(-1), (width + 1) * each
    steps = (float(stride), float(each))
    in_blocks = all_downs.itemsize == _BYTES_OF_A_FLOAT and suit(mapping, fill_mode, height, width)
    for index in range(width):
        positions[index] = width - 1 - index if mirrored[1] else index
    for first_row in range(0, height, len(all_lines)):
        count = min(len(all_lines), height - first_row)
        lines, spans = all_lines[:count], all_spans[:count]
        places = (all_offsets[:count], all_rights[:count], all_downs[:count])
        for row in range(count):
            lines[row] = height - 1 - first_row - row if mirrored[0] else first_row + row
            spans[row, 0], spans[row, 1] = 0, width
        if fill_mode == CONSTANT:
            find_spans(mapping, lines, height, width, mirrored[1], spans)
        if in_blocks:
            locate_blocks(mapping, lines, positions, fill_mode, height - 1.0, width - 1.0, steps, places, blocks)
        else:
            locate(mapping, lines, positions, fill_mode, height - 1.0, width - 1.0, steps, places)
        if order == 0:
            snap(steps, places)
        begin = first_row * width * channels
        if channels == 1:
            _read_greys(scratch, stride, places, spans, scale, target, begin, lanes)
        else:
            is_last = first_row + count == height and spans[count - 1, 1] == width
            spans[count - 1, 1] -= is_last
            _read_colours(scratch, stride, places, spans, scale, target, begin, lanes)
            if is_last:
                _read_last(scratch, stride, places, scale, target, lanes)
                spans[count - 1, 1] = width
        if fill_mode == CONSTANT:
            _fill_outside(spans, width * channels, channels, fill_value * scale, target, begin)
