"""What lies between pixels, in vector registers, said in LLVM's own vector types.

A compiler that is shown scalars finds the lanes of a pixel in some functions and not in others; here they are written
down. LLVM makes of these types whatever registers the processor has.

All of it computes in the type of the distances ``right`` and ``down``, float32 or float64, and writes floats. ``image``
is a scratch image (see resampling.load), ``corner`` the offset of the value above and left, ``line`` that from one row
to the next.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from augury.augmentation.kernels.lanes import CONTRACTED, chosen, data, repeated

_LANES = 4
_BYTES = 4


@intrinsic
def load_four_colours(_context, source, index, image, here):
    """Four pixels of three channels to where each takes four values: the fourth is the third again."""
    signature = types.void(source, index, image, here)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, index, _, here = arguments
        values, goal = (data(context, builder, signature, arguments, number) for number in (0, 2))
        vector = ir.VectorType(values.type.pointee, 3 * _LANES)
        read = builder.load(builder.bitcast(builder.gep(values, [index]), vector.as_pointer()), align=1)
        lanes = [3 * pixel + min(lane, 2) for pixel in range(_LANES) for lane in range(_LANES)]
        pixels = _as(builder, chosen(builder, read, read, lanes), goal.type.pointee)
        builder.store(pixels, builder.bitcast(builder.gep(goal, [here]), pixels.type.as_pointer()), align=1)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def read_pixel(_context, image, corner, line, right, down, scale, target, here):
    """Four channels of a pixel, times scale: where there are three, the fourth value written is not a pixel's.

    A pixel and the one to its right lie beside each other and are loaded at once.
    """
    signature = types.void(image, corner, line, right, down, scale, target, here)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, corner, line, right, down, scale, _, here = arguments
        pixels, goal = (data(context, builder, signature, arguments, number) for number in (0, 6))
        places = (corner, builder.add(corner, line))
        above, below = (_read(builder, pixels, place, 2 * _LANES, right.type) for place in places)
        both = _between(builder, above, below, repeated(builder, down, 2 * _LANES))
        left, beside = (chosen(builder, both, both, [side + lane for lane in range(_LANES)]) for side in (0, _LANES))
        _write(builder, _between(builder, left, beside, repeated(builder, right, _LANES)), scale, goal, here)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def read_four_greys(_context, image, offsets, line, rights, downs, index, scale, target, here):
    """Four pixels of one channel, times scale: beside each other in the result, from wherever they are in the image.

    A pixel and the one to its right are loaded at once. Downwards, two pixels fill a register; to the right, four.
    """
    signature = types.void(image, offsets, line, rights, downs, index, scale, target, here)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, _, line, _, _, index, scale, _, here = arguments
        pixels, corners, rights, downs, goal = (
            data(context, builder, signature, arguments, number) for number in (0, 1, 3, 4, 7)
        )
        kind = rights.type.pointee
        right, down = (_read(builder, distances, index, _LANES, kind) for distances in (rights, downs))
        above, below = [], []
        for lane in range(_LANES):
            place = builder.add(index, ir.Constant(index.type, lane))
            corner = builder.zext(builder.load(builder.gep(corners, [place])), index.type)
            above.append(_read(builder, pixels, corner, 2, kind))
            below.append(_read(builder, pixels, builder.add(corner, line), 2, kind))
        columns = []
        for lane in (0, 2):
            upper, lower = (chosen(builder, row[lane], row[lane + 1], [0, 1, 2, 3]) for row in (above, below))
            downwards = chosen(builder, down, down, [lane, lane, lane + 1, lane + 1])
            columns.append(_between(builder, upper, lower, downwards))
        left, beside = (chosen(builder, columns[0], columns[1], [odd, 2 + odd, 4 + odd, 6 + odd]) for odd in (0, 1))
        _write(builder, _between(builder, left, beside, right), scale, goal, here)
        return context.get_dummy_value()

    return signature, generate


def _read(builder: Any, values: Any, place: Any, count: int, kind: Any) -> Any:
    """So many values from a place on, as numbers of a kind."""
    vector = ir.VectorType(values.type.pointee, count)
    pointer = builder.bitcast(builder.gep(values, [place]), vector.as_pointer())
    return _as(builder, builder.load(pointer, align=1 if isinstance(vector.element, ir.IntType) else _BYTES), kind)


def _as(builder: Any, values: Any, kind: Any) -> Any:
    """Bytes, shorter integers or floats as floats of a kind."""
    vector = ir.VectorType(kind, values.type.count)
    if values.type == vector:
        return values
    return (
        builder.uitofp(values, vector) if isinstance(values.type.element, ir.IntType) else builder.fpext(values, vector)
    )


def _write(builder: Any, pixels: Any, scale: Any, target: Any, here: Any) -> None:
    """Four pixels or channels, times scale, as floats."""
    if pixels.type.element != scale.type:
        scale = builder.fpext(scale, pixels.type.element)
    scaled, vector = builder.fmul(pixels, repeated(builder, scale, _LANES)), ir.VectorType(ir.FloatType(), _LANES)
    if scaled.type != vector:
        scaled = builder.fptrunc(scaled, vector)
    builder.store(scaled, builder.bitcast(builder.gep(target, [here]), vector.as_pointer()), align=_BYTES)


def _between(builder: Any, first: Any, second: Any, share: Any) -> Any:
    """first + share · (second - first); product and sum in one where the processor can."""
    product = builder.fmul(share, builder.fsub(second, first), flags=CONTRACTED)
    return builder.fadd(product, first, flags=CONTRACTED)
