"""The smallest and the largest value of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import float32, int32, njit, types
from numba.extending import intrinsic, overload

_ALL_BUT_THE_SIGN = 0x7FFFFFFF


@intrinsic
def _float_of(_context, bits):
    """The float that these 32 bits are."""

    def generate(_codegen: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@njit(inline="always")
def _in_order(bits):
    """The bits of a float as an integer that is the larger the larger the float is, and back."""
    return int32(bits ^ ((bits >> int32(31)) & int32(_ALL_BUT_THE_SIGN)))


@njit(cache=True, nogil=True, _nrt=False)
def _extremes_of_floats(values):
    """As integers, of which the compiler takes several at a time; of floats it does not."""
    bits = values.view(np.int32)
    low = high = _in_order(bits[0])
    for index in range(len(bits)):
        number = _in_order(bits[index])
        low, high = min(low, number), max(high, number)
    return _float_of(_in_order(low)), _float_of(_in_order(high))


@njit(cache=True, nogil=True, _nrt=False)
def _extremes_of_integers(values):
    low = high = values[0]
    for index in range(len(values)):
        low, high = min(low, values[index]), max(high, values[index])
    return float32(low), float32(high)


def extremes(values):
    """(smallest, largest) of values of one type, as floats."""
    raise NotImplementedError(values)  # compiled code alone calls it


@overload(extremes, jit_options={"nogil": True, "_nrt": False})
def _compiled_extremes(values):
    if values.dtype == types.float32:
        return lambda values: _extremes_of_floats(values)
    return lambda values: _extremes_of_integers(values)
