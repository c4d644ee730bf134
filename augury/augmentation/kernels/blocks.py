"""Where pixels are read from, in floats and sixteen at a time, each counted from a pixel that doubles say.

A float has the digits for a distance from a pixel nearby, but not for one from the image's corner. It has them while
steps are small, and where a last bit decides nothing: beyond the border pixels are repeated or mirrored without a jump.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import float32, int32, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from augury.augmentation.kernels.fill_modes import REFLECT, WRAP
from augury.augmentation.kernels.lanes import CONTRACTED, data, repeated

PIXELS_OF_A_BLOCK = 16
"""Rows of coordinates are whole blocks."""
_MAX_REACH = 30.0
"""Pixels from a block's first to its last, in one direction: steps of two pixels."""
_FAR = 64.0
"""Beyond the border all is the same from here on: further than a block reaches."""
_MAX_SIDE = 2**14
"""Below it, floats hold the offsets within a block's reach, and 32 bits those of blocks far beyond the border."""
_NUMBER_BYTES = 4
_WORD = ir.IntType(32)
_WORDS, _FLOATS = ir.VectorType(_WORD, PIXELS_OF_A_BLOCK), ir.VectorType(ir.FloatType(), PIXELS_OF_A_BLOCK)


@njit(cache=True, nogil=True)
def room_for_blocks(count):
    """What so many blocks take: (their first pixels, as doubles: line and column; numbers; offsets; steps).

    Of the numbers (float32) there are for each direction: the distance of the first pixel's coordinate from the whole
    one below it, that with its sign turned, and 1, or -1 where the block is mirrored.
    """
    numbers = np.empty((2, 3, count), np.float32)
    return np.empty((2, count)), numbers, np.empty(count, np.int32), np.empty((2, PIXELS_OF_A_BLOCK), np.float32)


@njit(cache=True, nogil=True, _nrt=False)
def suit(mapping, fill_mode, height, width):
    """Whether coordinates in blocks are as good as doubles for such a map (see geometry.source_map) and image."""
    reach = (PIXELS_OF_A_BLOCK - 1) * max(math.fabs(mapping[1]), math.fabs(mapping[4]))
    is_small = max(height, width) < _MAX_SIDE and fill_mode != WRAP and reach <= _MAX_REACH
    return is_small and (fill_mode != REFLECT or reach < min(height, width))


@njit(inline="always")
def _bounded(coordinate, last):
    """No further beyond the border than makes a difference; what is not a number is far."""
    coordinate = coordinate if coordinate > -_FAR else -_FAR
    return coordinate if coordinate < last + _FAR else last + _FAR


@njit(inline="always")
def _there_and_back(coordinate, last):
    """The mirrored coordinate, and whether its direction is turned: see coordinates._reflected."""
    period = 2.0 * (last + 1.0)
    there = coordinate + 0.5
    there -= period * np.floor(there / period)
    back = period - there
    is_back = back < there
    return (back if is_back else there) - 0.5, is_back


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _begin(lines, columns, a, b, c, last, distances, lowest):
    """One direction of first pixels: their distances from whole coordinates, and these with their sign turned."""
    for block in range(len(lines)):
        coordinate = _bounded(c + a * lines[block] + b * columns[block], last)
        whole = np.floor(coordinate)
        distances[block], lowest[block] = coordinate - whole, -whole


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _begin_reflected(lines, columns, a, b, c, last, distances, lowest, signs):
    """As _begin, mirrored."""
    for block in range(len(lines)):
        there, is_back = _there_and_back(c + a * lines[block] + b * columns[block], last)
        coordinate = _bounded(there, last)
        whole = np.floor(coordinate)
        distances[block], lowest[block], signs[block] = coordinate - whole, -whole, -1.0 if is_back else 1.0


@intrinsic
def _place(_context, begins, signs, base, lasts, sizes, steps, offsets, rights, downs, index):
    """Note the places of a block's pixels from an index on.

    Args:
        begins: for each direction (distance of the first pixel from the whole coordinate below it, that with its sign
            turned).
        signs: for each direction 1 or -1; empty where nothing is mirrored.
        base: the offset of the whole coordinates.
        lasts: for each direction the largest coordinate.
        sizes: for each direction how far a step moves the offset.
        steps: for each direction sixteen distances from the first pixel, ``[2, 16]``.
        offsets: see coordinates.locate, as the two that follow.
        rights: that to the right.
        downs: that downwards.
        index: where the block begins in them.
    """
    signature = types.void(begins, signs, base, lasts, sizes, steps, offsets, rights, downs, index)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        begins, signs, lasts, sizes = (_parts(builder, arguments[number]) for number in (0, 1, 3, 4))
        steps, offsets, rights, downs = (data(context, builder, signature, arguments, at) for at in range(5, 9))
        index, wholes = arguments[9], []
        for direction, goal in enumerate((downs, rights)):
            distance, lowest = _parts(builder, begins[direction])
            step = _vector_at(builder, steps, ir.Constant(index.type, direction * PIXELS_OF_A_BLOCK), _FLOATS)
            if signs:
                step = builder.fmul(step, repeated(builder, signs[direction], PIXELS_OF_A_BLOCK), flags=CONTRACTED)
            coordinate = builder.fadd(step, repeated(builder, distance, PIXELS_OF_A_BLOCK), flags=CONTRACTED)
            highest = builder.fadd(lowest, lasts[direction])
            if signs:
                coordinate = _mirrored(builder, coordinate, lowest, highest)
            coordinate = _larger(builder, coordinate, repeated(builder, lowest, PIXELS_OF_A_BLOCK))
            coordinate = _smaller(builder, coordinate, repeated(builder, highest, PIXELS_OF_A_BLOCK))
            whole = _floor(builder, coordinate)
            builder.store(builder.fsub(coordinate, whole), _pointer(builder, goal, index, _FLOATS), align=_NUMBER_BYTES)
            wholes.append(builder.fmul(whole, repeated(builder, sizes[direction], PIXELS_OF_A_BLOCK), flags=CONTRACTED))
        offset = builder.fptosi(builder.fadd(*wholes, flags=CONTRACTED), _WORDS)
        offset = builder.add(offset, repeated(builder, arguments[2], PIXELS_OF_A_BLOCK))
        builder.store(offset, _pointer(builder, offsets, index, _WORDS), align=_NUMBER_BYTES)
        return context.get_dummy_value()

    return signature, generate


def _parts(builder: Any, values: Any) -> list[Any]:
    """The elements of a tuple."""
    return [builder.extract_value(values, number) for number in range(len(values.type.elements))]


def _mirrored(builder: Any, coordinate: Any, lowest: Any, highest: Any) -> Any:
    """Coordinates beyond the outer edges of the border pixels come back: once, of a block that begins within them."""
    half = ir.Constant(lowest.type, 0.5)
    for edge, chosen in ((builder.fsub(lowest, half), _larger), (builder.fadd(highest, half), _smaller)):
        twice = builder.fadd(edge, edge)
        coordinate = chosen(builder, coordinate, builder.fsub(repeated(builder, twice, PIXELS_OF_A_BLOCK), coordinate))
    return coordinate


def _larger(builder: Any, first: Any, second: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", first, second), first, second)


def _smaller(builder: Any, first: Any, second: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", first, second), first, second)


def _floor(builder: Any, values: Any) -> Any:
    kind = ir.FunctionType(_FLOATS, [_FLOATS])
    return builder.call(
        cgutils.get_or_insert_function(builder.module, kind, f"llvm.floor.v{PIXELS_OF_A_BLOCK}f32"), [values]
    )


def _pointer(builder: Any, values: Any, index: Any, vector: Any) -> Any:
    return builder.bitcast(builder.gep(values, [index]), vector.as_pointer())


def _vector_at(builder: Any, values: Any, index: Any, vector: Any) -> Any:
    return builder.load(_pointer(builder, values, index, vector), align=_NUMBER_BYTES)


@njit(cache=True, nogil=True, _nrt=False)
def locate_blocks(mapping, lines, positions, fill_mode, last_y, last_x, steps, places, blocks):
    """Say where the pixels of some rows are read from, as coordinates.locate does, where blocks suit.

    *blocks* is the room of room_for_blocks, of which as much is used as there are blocks; *places* are floats.
    """
    a, b, c, d, e, f = mapping
    offsets, rights, downs = places
    each = offsets.shape[1] // PIXELS_OF_A_BLOCK
    count, direction = len(lines) * each, -1.0 if positions[0] > 0.0 else 1.0
    first, numbers, bases, lanes = blocks
    first_lines, first_columns, bases = first[0, :count], first[1, :count], bases[:count]
    down, top, down_sign = numbers[0, 0, :count], numbers[0, 1, :count], numbers[0, 2, :count]
    right, left, right_sign = numbers[1, 0, :count], numbers[1, 1, :count], numbers[1, 2, :count]
    for row in range(len(lines)):
        for block in range(each):
            first_lines[row * each + block] = lines[row]
            first_columns[row * each + block] = positions[0] + direction * PIXELS_OF_A_BLOCK * block
    for lane in range(PIXELS_OF_A_BLOCK):
        lanes[0, lane], lanes[1, lane] = b * direction * lane, e * direction * lane
    if fill_mode == REFLECT:
        _begin_reflected(first_lines, first_columns, a, b, c, last_y, down, top, down_sign)
        _begin_reflected(first_lines, first_columns, d, e, f, last_x, right, left, right_sign)
    else:
        _begin(first_lines, first_columns, a, b, c, last_y, down, top)
        _begin(first_lines, first_columns, d, e, f, last_x, right, left)
    for block in range(count):
        bases[block] = int32(-(float(top[block]) * steps[0] + float(left[block]) * steps[1]))
    lasts, sizes = (float32(last_y), float32(last_x)), (float32(steps[0]), float32(steps[1]))
    for block in range(count):
        begins, signs = ((down[block], top[block]), (right[block], left[block])), (down_sign[block], right_sign[block])
        if fill_mode == REFLECT:
            _place(begins, signs, bases[block], lasts, sizes, lanes, offsets, rights, downs, block * PIXELS_OF_A_BLOCK)
        else:
            _place(begins, (), bases[block], lasts, sizes, lanes, offsets, rights, downs, block * PIXELS_OF_A_BLOCK)
