"""What is done to every value of an image by itself: channel shift, brightness, rescaling, mean and deviation.

An image is read as often as its numbers need it: once for its extremes, once for its mean and deviation, and once to
write the result. Values that are whole levels from 0 to 255 wait for the last of these as bytes, a quarter of the
memory of floats; their sums are integers, exact and taken several at a time.

Functions that take ``lanes`` are compiled for every number of channels, so that the loop over them is unrolled.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float32, float64, int32, int64, njit, uint8, uint32

from augury.augmentation.kernels.extremes import extremes
from augury.augmentation.kernels.resampling import FAST_MATH

_NO_ALPHA = 3
_TOP = 255.0
_EPSILON = 1e-6
_BLOCK = 4096
"""Values that are read again while the core's nearest cache has them: whole pixels of one or four channels, and so few
that the sum of their squares, as levels of 8 bits, fits into 32."""


@njit(inline="always")
def _shifted(value, amount, low, high):
    """Moved and clipped. Written so that what is not a number becomes a number of the range."""
    value = float32(value) + amount
    value = value if value > low else low
    return value if value < high else high


@njit(inline="always")
def _brightened(value, factor):
    """Pillow's product of a value in 0-255 and a factor: cut down to whole levels before and after."""
    level = np.floor(value) * factor
    return uint8(int32(level if level < float32(_TOP) else float32(_TOP)))


@njit(cache=True, nogil=True, _nrt=False)
def _to_levels(values, levels, amount, low, high, factor, lanes):
    """Shift and brighten values that stay within 0-255, into bytes. An alpha channel keeps its brightness."""
    for index in range(len(levels)):
        levels[index] = _brightened(_shifted(values[index], amount, low, high), factor)
    if len(lanes) > _NO_ALPHA:
        for index in range(_NO_ALPHA, len(levels), len(lanes)):
            levels[index] = uint8(int32(_shifted(values[index], amount, low, high)))


@njit(cache=True, nogil=True, _nrt=False)
def _copy_levels(values, levels):
    for index in range(len(levels)):
        levels[index] = uint8(values[index])


@njit(cache=True, nogil=True, _nrt=False)
def _sums_of_levels(levels):
    """(sum, sum of squares) of a block, exact."""
    total, squares = uint32(0), uint32(0)
    for index in range(len(levels)):
        level = uint32(levels[index])
        total, squares = uint32(total + level), uint32(squares + level * level)
    return int64(total), int64(squares)


@njit(cache=True, nogil=True, _nrt=False, fastmath=FAST_MATH)
def _sums(values):
    """(sum, sum of squares) in doubles."""
    total, squares = 0.0, 0.0
    for index in range(len(values)):  # an iterator's loop would not be vectorised
        value = float64(values[index])
        total += value
        squares += value * value
    return total, squares


@njit(cache=True, nogil=True, _nrt=False)
def _offset_and_factor(total, squares, count, scale, center, normalise):
    """What standardises values with these sums once they are rescaled: subtract the one, multiply by the other."""
    average, factor = total / count, float64(scale)
    if normalise:
        deviation = math.sqrt(max(squares / count - average * average, 0.0))
        factor /= abs(factor) * deviation + _EPSILON
    return float32(average if center else 0.0), float32(factor)


@njit(inline="always")
def _standardised(value, offset, factor):
    """Not in one rounding: where all values are the same, none of it may be left for a large factor to show."""
    return (float32(value) - offset) * factor


@njit(cache=True, nogil=True, _nrt=False)
def _standardise_levels(levels, goal, offset, factor):
    for index in range(len(goal)):
        goal[index] = _standardised(levels[index], offset, factor)


@njit(cache=True, nogil=True, _nrt=False)
def _standardise(values, offset, factor):
    for index in range(len(values)):
        values[index] = _standardised(values[index], offset, factor)


@njit(cache=True, nogil=True, _nrt=False)
def _shift(values, amount, low, high):
    for index in range(len(values)):
        values[index] = _shifted(values[index], amount, low, high)


@njit(cache=True, nogil=True, _nrt=False)
def _copy(values, goal):
    for index in range(len(goal)):
        goal[index] = float32(values[index])


@njit(cache=True, nogil=True, _nrt=False)
def _brighten_stretched(values, low, high, factor, lanes):
    """As _to_levels, of an image that leaves 0-255: stretched to it first and put back afterwards, as Keras does."""
    span, top = float32(high - low), float32(_TOP)
    divisor = span if span != 0.0 else float32(1.0)
    for index in range(len(values)):
        level = _shifted((values[index] - low) / divisor * top, float32(0.0), float32(0.0), top)
        is_alpha = len(lanes) > _NO_ALPHA and index % len(lanes) == _NO_ALPHA
        values[index] = float32(_brightened(level, float32(1.0) if is_alpha else factor)) / top * span + low


@njit(cache=True, nogil=True, _nrt=False)
def _brighten_directly(values, low, high, factor, top, lanes):
    """Multiply and clip to [min(0, darkest), top]: brightness in the data's own range. Alpha stays.

    See augury.augmentation.reference.brighten_directly, also for a *top* of 0.
    """
    if top == 0.0:
        top = 1.0 if high <= 1.0 else _TOP
    floor, ceiling = min(low, float32(0.0)), max(high, float32(top))
    for start in range(0, len(values), len(lanes)):
        for channel in range(min(len(lanes), _NO_ALPHA)):
            values[start + channel] = _shifted(values[start + channel] * factor, float32(0.0), floor, ceiling)


@njit(cache=True, nogil=True, _nrt=False, fastmath=FAST_MATH)
def _standardise_channels(values, mean, deviation):
    channels = len(mean)
    for start in range(0, len(values), channels):
        for channel in range(channels):
            values[start + channel] = (values[start + channel] - mean[channel]) * deviation[channel]


@njit(cache=True, nogil=True, _nrt=False)
def _change_levels(origin, goal, amount, low, high, factor, is_changed, scale, center, normalise, levels, lanes):
    """Shift, brighten and standardise values that stay within 0-255 and are whole then; as they are if not changed."""
    total, squares = int64(0), int64(0)
    for start in range(0, len(goal), _BLOCK):
        block = levels[start : min(start + _BLOCK, len(goal))]
        values = origin[start : start + len(block)]
        if is_changed:
            _to_levels(values, block, amount, low, high, factor, lanes)
        else:
            _copy_levels(values, block)
        if center or normalise:
            more, more_squares = _sums_of_levels(block)
            total, squares = total + more, squares + more_squares
    offset, factor = _offset_and_factor(float(total), float(squares), len(goal), scale, center, normalise)
    _standardise_levels(levels, goal, offset, factor)


@njit(cache=True, nogil=True, _nrt=False)
def change_values(
    origin, is_goal, goal, shift, brightness, corrected, top, scale, center, normalise, mean, deviation, levels, lanes
):  # fmt: skip
    """Shift, brighten and standardise the values of one image.

    Args:
        origin: the values, of any type that kernels read.
        is_goal: whether that is the same array as *goal*.
        goal: where they go, floats.
        shift: the channel shift, or NaN.
        brightness: the factor, or NaN.
        corrected: whether brightness is applied in the data's own range.
        top: the largest value of an integer type's range, 0 for floats.
        scale: what to multiply by.
        center: whether to subtract the image's mean.
        normalise: whether to divide by the image's deviation.
        mean: of the training set, one number a channel, or empty.
        deviation: one over that of the training set, one number a channel, or empty.
        levels: room for as many bytes.
        lanes: a tuple with one element a channel.
    """
    is_shifted, is_brightened = not math.isnan(shift), not math.isnan(brightness)
    low, high = float32(0.0), float32(_TOP)
    if is_shifted or is_brightened:
        low, high = extremes(origin)
    amount = float32(shift) if is_shifted else float32(0.0)
    factor = float32(max(brightness, 0.0)) if is_brightened and not corrected else float32(brightness)
    darkest, brightest = _shifted(low, amount, low, high), _shifted(high, amount, low, high)
    is_whole = is_brightened and not corrected if is_shifted or is_brightened else origin.itemsize == 1
    if is_whole and darkest >= 0.0 and brightest <= _TOP:
        _change_levels(
            origin, goal, amount, low, high, factor, is_brightened, scale, center, normalise, levels, lanes
        )  # fmt: skip
    else:
        if not is_goal:
            _copy(origin, goal)
        if is_shifted:
            _shift(goal, amount, low, high)
        if is_brightened and corrected:
            _brighten_directly(goal, darkest, brightest, factor, top, lanes)
        elif is_brightened:
            _brighten_stretched(goal, darkest, brightest, factor, lanes)
        if scale != 1.0 or center or normalise:
            total, squares = _sums(goal) if center or normalise else (0.0, 0.0)
            offset, factor = _offset_and_factor(total, squares, len(goal), scale, center, normalise)
            _standardise(goal, offset, factor)
    if len(mean) > 0:
        _standardise_channels(goal, mean, deviation)
