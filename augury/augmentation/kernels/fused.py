"""Compiled kernels: one image of a batch from source pixels to finished floats, without the GIL.

Functions that take ``lanes`` are compiled for every number of channels, so that the loop over them is unrolled.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float32, float64, int32, njit

from augury.augmentation.kernels.geometry import source_map
from augury.augmentation.kernels.resampling import FAST_MATH, load, resample, room_for, scratch_size
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

_NO_ALPHA = 3
_EPSILON = 1e-6


@njit(cache=True, nogil=True)
def is_moved(row):
    """Whether a row of parameters moves pixels other than by mirroring."""
    return (
        row[THETA] != 0.0 or row[TX] != 0.0 or row[TY] != 0.0 or row[SHEAR] != 0.0 or row[ZX] != 1.0 or row[ZY] != 1.0
    )


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def extremes(values):
    """(smallest, largest) of finite values."""
    low = high = values[0]
    for value in values:
        low = min(low, value)
        high = max(high, value)
    return low, high


@njit(cache=True, nogil=True, fastmath=FAST_MATH)
def shift_channels(values, intensity):
    """Add to all values and clip to the extremes that the image had; returns the extremes it has then."""
    low, high = extremes(values)
    amount = float32(intensity)
    for index in range(len(values)):
        values[index] = min(max(values[index] + amount, low), high)
    return min(max(low + amount, low), high), min(max(high + amount, low), high)


@njit(cache=True, nogil=True, fastmath=FAST_MATH)
def _brighten_levels(values, factor):
    """Multiply 8-bit levels and clip them to 0-255; every step is cut down to whole levels."""
    top = float32(255.0)
    factor = max(factor, float32(0.0))
    for index in range(len(values)):
        level = float32(int32(values[index]))
        values[index] = float32(int32(min(level * factor, top)))


@njit(cache=True, nogil=True)
def brighten_8_bit(values, low, high, factor, lanes):
    """What Pillow's ImageEnhance.Brightness does to the image as 8-bit integers.

    An image that leaves 0-255 is stretched to it first and put back afterwards, as Keras does; an alpha channel
    keeps its values (in 8 bits). *low* and *high* are the image's extremes.
    """
    is_stretched = low < 0.0 or high > 255.0
    span = float32(high - low)
    if is_stretched:
        divisor = span if span != 0.0 else float32(1.0)
        for index in range(len(values)):
            values[index] = (values[index] - low) / divisor * float32(255.0)
    if len(lanes) <= _NO_ALPHA:
        _brighten_levels(values, float32(factor))
    else:
        for start in range(0, len(values), len(lanes)):
            _brighten_levels(values[start : start + _NO_ALPHA], float32(factor))
            values[start + _NO_ALPHA] = float32(int32(values[start + _NO_ALPHA]))
    if is_stretched:
        for index in range(len(values)):
            values[index] = values[index] / float32(255.0) * span + low


@njit(cache=True, nogil=True)
def brighten_directly(values, low, high, factor, top, lanes):
    """Multiply and clip to [min(0, darkest), top]: brightness in the data's own range. Alpha stays.

    See augury.augmentation.reference.brighten_directly, also for a *top* of 0.
    """
    if top == 0.0:
        top = 1.0 if high <= 1.0 else 255.0
    floor, ceiling = min(low, float32(0.0)), max(high, float32(top))
    alpha = float32(factor)
    for start in range(0, len(values), len(lanes)):
        for channel in range(min(len(lanes), _NO_ALPHA)):
            values[start + channel] = min(max(values[start + channel] * alpha, floor), ceiling)


@njit(cache=True, nogil=True, fastmath=FAST_MATH)
def standardise(values, scale, center, normalise, mean, deviation):
    """Rescale, then the image's own mean and deviation, then those of the training set, where there are any."""
    count = len(values)
    if scale != 1.0:
        for index in range(count):
            values[index] *= scale
    if center or normalise:
        total, squares = 0.0, 0.0
        for index in range(count):
            value = float64(values[index])
            total += value
            squares += value * value
        average = total / count
        factor = float32(1.0)
        if normalise:
            deviation_here = math.sqrt(max(squares / count - average * average, 0.0))
            factor = float32(1.0 / (deviation_here + _EPSILON))
        offset = float32(average) if center else float32(0.0)
        for index in range(count):
            values[index] = (values[index] - offset) * factor
    channels = len(mean)
    if channels:
        for start in range(0, count, channels):
            for channel in range(channels):
                values[start + channel] = (values[start + channel] - mean[channel]) * deviation[channel]


@njit(cache=True, nogil=True)
def kernel(
    images, indices, table, corrected, fill_mode, fill_value, order, top,
    scale, center, normalise, mean, deviation, out, lanes,
):  # fmt: skip
    """Change the images that *indices* number as *table* says, into *out*.

    ``lanes`` is a tuple with one element a channel: its length is known when this is compiled.
    """
    height, width, channels = images.shape[1], images.shape[2], len(lanes)
    scratch = np.empty(scratch_size(height, width, channels), np.float32)
    usual, precise = room_for(height, width, np.empty(0, np.float32)), room_for(height, width, np.empty(0))
    needs_standardising = center or normalise or len(mean) > 0
    for number in range(len(indices)):
        row, source, target = table[number], images[indices[number]], out[number]
        is_shifted = not math.isnan(row[CHANNEL_SHIFT])
        is_brightened = not math.isnan(row[BRIGHTNESS])
        is_plain = not (is_shifted or is_brightened or needs_standardising)
        first_scale = scale if is_plain else float32(1.0)
        if is_moved(row):
            mapping = source_map(row[THETA], row[TX], row[TY], row[SHEAR], row[ZX], row[ZY], height, width, corrected)
            mirrored = (row[FLIP_VERTICAL] != 0.0, row[FLIP_HORIZONTAL] != 0.0)
            load(source, scratch)
            if order == 0 or (is_brightened and not corrected):
                resample(scratch, mapping, mirrored, fill_mode, fill_value, order, first_scale, precise, target, lanes)
            else:
                resample(scratch, mapping, mirrored, fill_mode, fill_value, order, first_scale, usual, target, lanes)
        else:
            mirror(source, row[FLIP_HORIZONTAL] != 0.0, row[FLIP_VERTICAL] != 0.0, first_scale, target, lanes)
        values = target.reshape(-1)
        low, high = float32(0.0), float32(0.0)
        if is_shifted:
            low, high = shift_channels(values, row[CHANNEL_SHIFT])
        elif is_brightened:
            low, high = extremes(values)
        if is_brightened and corrected:
            brighten_directly(values, low, high, row[BRIGHTNESS], top, lanes)
        elif is_brightened:
            brighten_8_bit(values, low, high, row[BRIGHTNESS], lanes)
        if not is_plain:
            standardise(values, scale, center, normalise, mean, deviation)


NO_STATISTICS = np.empty(0, np.float32)
