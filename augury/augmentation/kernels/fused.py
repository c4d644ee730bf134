"""Compiled kernels: one image of a batch from source pixels to finished floats, without the GIL.

Functions that take ``lanes`` are compiled for every number of channels, so that the loop over them is unrolled.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float32, njit

from augury.augmentation.kernels.geometry import source_map
from augury.augmentation.kernels.pointwise import change_values
from augury.augmentation.kernels.resampling import empty_scratch, load, resample, room_for, scratch_size
from augury.augmentation.parameters import (
    BRIGHTNESS,
    CHANNEL_SHIFT,
    FLIP_HORIZONTAL,
    FLIP_VERTICAL,
    SHEAR,
    THETA,
    TX,
    TY,
    ZX,
    ZY,
)

_BYTES_OF_A_FLOAT = 4


@njit(cache=True, nogil=True, _nrt=False)
def is_moved(row):
    """Whether a row of parameters moves pixels other than by mirroring."""
    return (
        row[THETA] != 0.0 or row[TX] != 0.0 or row[TY] != 0.0 or row[SHEAR] != 0.0 or row[ZX] != 1.0 or row[ZY] != 1.0
    )


@njit(cache=True, nogil=True, _nrt=False)
def mirror(source, flip_horizontal, flip_vertical, scale, out, lanes):
    """Fill *out* from a source of the same shape, mirrored or as it is."""
    height, width = source.shape[0], source.shape[1]
    for row in range(height):
        from_row = height - 1 - row if flip_vertical else row
        if not flip_horizontal:
            origin, goal = source[from_row].reshape(-1), out[row].reshape(-1)
            for index in range(width * len(lanes)):
                goal[index] = float32(origin[index]) * scale
            continue
        for column in range(width):
            for channel in range(len(lanes)):
                out[row, column, channel] = float32(source[from_row, width - 1 - column, channel]) * scale


@njit(cache=True, nogil=True, _nrt=False, fastmath={"reassoc"})
def _are_finite(values):
    """Whether all floats are: any other times zero is not a number, nor is a sum that it is in."""
    zero = float32(0.0)
    for index in range(len(values)):
        zero += float32(values[index]) * float32(0.0)
    return zero == 0.0


@njit(cache=True, nogil=True, _nrt=False)
def _change(
    images, indices, table, corrected, fill_mode, fill_value, order, top,
    scale, center, normalise, mean, deviation, out, room, lanes,
):  # fmt: skip
    """See kernel. *room* is (scratch image, coordinates, coordinates in doubles, bytes)."""
    height, width = images.shape[1], images.shape[2]
    scratch, usual, precise, levels = room
    needs_standardising = center or normalise or len(mean) > 0
    for number in range(len(indices)):
        if not -len(images) <= indices[number] < len(images):
            raise IndexError("an index is beyond the images")
        row, source, target = table[number], images[indices[number]], out[number]
        if source.itemsize == _BYTES_OF_A_FLOAT and not _are_finite(source.reshape(-1)):
            return False
        shift, brightness = row[CHANNEL_SHIFT], row[BRIGHTNESS]
        is_plain = math.isnan(shift) and math.isnan(brightness) and not needs_standardising
        first_scale = scale if is_plain else float32(1.0)
        values, is_filled = target.reshape(-1), True
        if is_moved(row):
            mapping = source_map(row[THETA], row[TX], row[TY], row[SHEAR], row[ZX], row[ZY], height, width, corrected)
            mirrored = (row[FLIP_VERTICAL] != 0.0, row[FLIP_HORIZONTAL] != 0.0)
            load(source, scratch, lanes)
            if order == 0 or (not math.isnan(brightness) and not corrected):
                resample(scratch, mapping, mirrored, fill_mode, fill_value, order, first_scale, precise, target, lanes)
            else:
                resample(scratch, mapping, mirrored, fill_mode, fill_value, order, first_scale, usual, target, lanes)
        elif is_plain or row[FLIP_HORIZONTAL] != 0.0 or row[FLIP_VERTICAL] != 0.0:
            mirror(source, row[FLIP_HORIZONTAL] != 0.0, row[FLIP_VERTICAL] != 0.0, first_scale, target, lanes)
        else:
            is_filled = False
        if is_filled and not is_plain:
            change_values(
                values, True, values, shift, brightness, corrected, top, scale, center, normalise, mean, deviation,
                levels, lanes,
            )  # fmt: skip
        elif not is_plain:
            change_values(
                source.reshape(-1), False, values, shift, brightness, corrected, top, scale, center, normalise, mean,
                deviation, levels, lanes,
            )  # fmt: skip
    return True


@njit(cache=True, nogil=True)
def kernel(
    images, indices, table, corrected, fill_mode, fill_value, order, top,
    scale, center, normalise, mean, deviation, out, lanes,
):  # fmt: skip
    """Change the images that *indices* number as *table* says, into *out*, and return whether all are finite.

    Where one is not, the result is of no use. ``lanes`` is a tuple with one element a channel: its length is known when
    this is compiled.

    Raises:
        IndexError: there is no image of such a number.
    """
    height, width, channels = images.shape[1], images.shape[2], len(lanes)
    scratch = empty_scratch(images, scratch_size(height, width, channels), lanes)
    usual, precise = room_for(height, width, np.empty(0, np.float32)), room_for(height, width, np.empty(0))
    levels = np.empty(height * width * channels, np.uint8)
    room = (scratch, usual, precise, levels)
    return _change(
        images, indices, table, corrected, fill_mode, fill_value, order, top, scale, center, normalise, mean, deviation,
        out, room, lanes,
    )  # fmt: skip


NO_STATISTICS = np.empty(0, np.float32)
