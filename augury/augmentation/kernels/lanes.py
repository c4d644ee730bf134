"""What kernels that write down their lanes have in common: LLVM's vectors, and where the values of an array begin."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

CONTRACTED = ("contract",)
"""A product and the sum that follows may be one operation, with one rounding."""


def data(context: Any, builder: Any, signature: Any, arguments: Any, number: int) -> Any:
    """Where the values of an argument begin that is an array."""
    return context.make_array(signature.args[number])(context, builder, arguments[number]).data


def chosen(builder: Any, first: Any, second: Any, lanes: list[int]) -> Any:
    """The lanes so numbered of two vectors, one after the other."""
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes))


def repeated(builder: Any, value: Any, count: int) -> Any:
    """A number in so many lanes."""
    empty, first = ir.Constant(ir.VectorType(value.type, count), ir.Undefined), ir.Constant(ir.IntType(32), 0)
    single = builder.insert_element(empty, value, first)
    return chosen(builder, single, single, [0] * count)
