"""From finished floats to fewer bits: float16, bfloat16 or bytes, sixteen values at a time.

As in vectors.py, the lanes are written down in LLVM's vector types. For float16 processors have an instruction. Where
an x86 has none, LLVM would call a function that is not there, so integers are computed with, as for bfloat16.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

FLOAT16, BFLOAT16, UINT8 = range(3)
_SIXTEEN, _ONE = (0,) * 16, (0,)
_FLOAT_BYTES = 4
_WORD, _HALF_WORD, _BYTE = ir.IntType(32), ir.IntType(16), ir.IntType(8)
_INFINITE = 0x7F800000
"""The bits of infinity in float32; above them, but for the sign, is what is not a number."""
_ROUNDING = 2.0**23
"""Floats from here to its double are the whole numbers: a smaller one that is added is rounded, half to even."""


@njit(cache=True, nogil=True)
def convert(values, goal, kind):
    """Fill *goal*, bytes ``[n · size]``, with float32 *values* ``[n]`` as the type that *kind* names.

    All are rounded to the nearest, half to even. Beyond float16's range they become infinite. Bytes are clipped to
    0-255, and what is not a number becomes 0.
    """
    count = len(values)
    whole = count - count % len(_SIXTEEN)
    if kind == FLOAT16:
        for index in range(0, whole, len(_SIXTEEN)):
            _store_float16(values, index, goal, _SIXTEEN)
        for index in range(whole, count):
            _store_float16(values, index, goal, _ONE)
    elif kind == BFLOAT16:
        for index in range(0, whole, len(_SIXTEEN)):
            _store_bfloat16(values, index, goal, _SIXTEEN)
        for index in range(whole, count):
            _store_bfloat16(values, index, goal, _ONE)
    else:
        for index in range(0, whole, len(_SIXTEEN)):
            _store_bytes(values, index, goal, _SIXTEEN)
        for index in range(whole, count):
            _store_bytes(values, index, goal, _ONE)


@intrinsic
def _store_float16(_context, values, index, goal, lanes):
    """So many values from an index on, to their place in *goal*."""
    signature = types.void(values, index, goal, lanes)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        floats = _read(context, builder, signature, arguments, len(lanes))
        if _converts_halves(context):
            halves = builder.fptrunc(floats, ir.VectorType(ir.HalfType(), len(lanes)))
            bits = builder.bitcast(halves, ir.VectorType(_HALF_WORD, len(lanes)))
        else:
            bits = float16_by_integers(builder, floats)
        return _write(context, builder, signature, arguments, bits)

    return signature, generate


@intrinsic
def _store_bfloat16(_context, values, index, goal, lanes):
    """So many values from an index on, to their place in *goal*."""
    signature = types.void(values, index, goal, lanes)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        floats = _read(context, builder, signature, arguments, len(lanes))
        return _write(context, builder, signature, arguments, _bfloat16(builder, floats))

    return signature, generate


@intrinsic
def _store_bytes(_context, values, index, goal, lanes):
    """So many values from an index on, to their place in *goal*."""
    signature = types.void(values, index, goal, lanes)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        floats = _read(context, builder, signature, arguments, len(lanes))
        none, top, rounding = (ir.Constant(floats.type, [number] * len(lanes)) for number in (0.0, 255.0, _ROUNDING))
        floats = builder.select(builder.fcmp_ordered(">", floats, none), floats, none)
        floats = builder.select(builder.fcmp_ordered("<", floats, top), floats, top)
        bits = builder.bitcast(builder.fadd(floats, rounding), ir.VectorType(_WORD, len(lanes)))
        return _write(context, builder, signature, arguments, builder.trunc(bits, ir.VectorType(_BYTE, len(lanes))))

    return signature, generate


def _converts_halves(context: Any) -> bool:
    """Whether the processor that is compiled for has an instruction for it."""
    target, _, features = context.codegen().magic_tuple()
    return not target.startswith(("x86_64", "i686")) or "+f16c" in features


def _read(context: Any, builder: Any, signature: Any, arguments: Any, count: int) -> Any:
    values = context.make_array(signature.args[0])(context, builder, arguments[0]).data
    pointer = builder.gep(values, [arguments[1]])
    return builder.load(
        builder.bitcast(pointer, ir.VectorType(values.type.pointee, count).as_pointer()), align=_FLOAT_BYTES
    )


def _write(context: Any, builder: Any, signature: Any, arguments: Any, converted: Any) -> Any:
    goal = context.make_array(signature.args[2])(context, builder, arguments[2]).data
    size = converted.type.element.width // 8
    place = builder.mul(arguments[1], ir.Constant(arguments[1].type, size))
    builder.store(converted, builder.bitcast(builder.gep(goal, [place]), converted.type.as_pointer()), align=1)
    return context.get_dummy_value()


class _Words:
    """Arithmetic on vectors of 32 bits, which LLVM wants every constant for as often as there are lanes."""

    def __init__(self, builder: Any, floats: Any) -> None:
        self._builder, self._lanes = builder, floats.type.count
        self.type = ir.VectorType(_WORD, self._lanes)
        self.bits = builder.bitcast(floats, self.type)
        self.magnitude = builder.and_(self.bits, self(0x7FFFFFFF))
        self.is_number = builder.icmp_unsigned("<=", self.magnitude, self(_INFINITE))

    def __call__(self, value: int) -> Any:
        return ir.Constant(self.type, [value] * self._lanes)

    def cut(self, words: Any, bits: int) -> Any:
        """Words without so many of their lowest bits, rounded to the nearest, half to even."""
        builder = self._builder
        is_odd = builder.and_(builder.lshr(words, self(bits)), self(1))
        rounded = builder.add(builder.add(words, self((1 << (bits - 1)) - 1)), is_odd)
        return builder.lshr(rounded, self(bits))

    def halves(self, words: Any) -> Any:
        """The lower sixteen bits of each."""
        return self._builder.trunc(words, ir.VectorType(_HALF_WORD, self._lanes))


def _bfloat16(builder: Any, floats: Any) -> Any:
    """The upper half of float32's bits, rounded; what is not a number stays none."""
    words = _Words(builder, floats)
    quiet = builder.or_(builder.lshr(words.bits, words(16)), words(0x40))
    return words.halves(builder.select(words.is_number, words.cut(words.bits, 16), quiet))


def float16_by_integers(builder: Any, floats: Any) -> Any:
    """The bits of float16: of its smallest numbers the floats' own addition makes them, of all others their bits."""
    words = _Words(builder, floats)
    rebiased = builder.sub(words.magnitude, words((127 - 15) << 23))
    usual = words.cut(rebiased, 13)
    infinite = words(0x7C00)
    usual = builder.select(builder.icmp_unsigned("<", usual, infinite), usual, infinite)
    # From a half on, floats are as far apart as float16's smallest number is large.
    half = words(0x3F000000)
    positive = builder.bitcast(words.magnitude, floats.type)
    shifted = builder.fadd(positive, builder.bitcast(half, floats.type))
    small = builder.sub(builder.bitcast(shifted, words.type), half)
    is_small = builder.icmp_unsigned("<", words.magnitude, words((127 - 14) << 23))
    finite = builder.select(is_small, small, usual)
    number = builder.select(words.is_number, finite, words(0x7E00))
    sign = builder.and_(builder.lshr(words.bits, words(16)), words(0x8000))
    return words.halves(builder.or_(number, sign))
