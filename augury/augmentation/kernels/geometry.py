"""From parameters to the affine map of an image: where each output pixel is read from."""

from __future__ import annotations

import math
from typing import Any

from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def _fused(_context, a, b, c):
    """a·b + c with one rounding, which is how NumPy's matrix product adds up."""

    def generate(_codegen: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@njit(cache=True, nogil=True, _nrt=False)
def _product(first, second):
    """The product of two affine maps (m00, m01, m02, m10, m11, m12), rounded as NumPy rounds it."""
    a00, a01, a02, a10, a11, a12 = first
    b00, b01, b02, b10, b11, b12 = second
    return (
        _fused(a01, b10, a00 * b00),
        _fused(a01, b11, a00 * b01),
        _fused(a01, b12, a00 * b02) + a02,
        _fused(a11, b10, a10 * b00),
        _fused(a11, b11, a10 * b01),
        _fused(a11, b12, a10 * b02) + a12,
    )


@njit(cache=True, nogil=True, _nrt=False)
def source_map(theta, tx, ty, shear, zx, zy, height, width, corrected):
    """(a, b, c, d, e, f) so that output pixel (row, column) is read from (a·row + b·column + c, d·row + e·column + f).

    Keras 3 builds R·T·Sh·Z about (height/2 - 1/2, width/2 - 1/2) as if its first coordinate were the row, and then
    exchanges the two coordinates of the finished map. So ``tx``, drawn from height_shift_range, moves columns, and the
    pivot of an image that is not square is not its centre. ``corrected`` puts tx on rows and the pivot in the centre.

    The products are taken in Keras's order: where a pixel falls exactly on the border, the last bit decides.
    """
    first_centre, second_centre = height / 2 - 0.5, width / 2 - 0.5
    if corrected:
        first_centre, second_centre = second_centre, first_centre
        tx, ty = ty, tx
    angle, slant = math.radians(theta), math.radians(shear)
    rotation = (math.cos(angle), -math.sin(angle), 0.0, math.sin(angle), math.cos(angle), 0.0)
    full = _product(rotation, (1.0, 0.0, tx, 0.0, 1.0, ty))
    full = _product(full, (1.0, -math.sin(slant), 0.0, 0.0, math.cos(slant), 0.0))
    full = _product(full, (zx, 0.0, 0.0, 0.0, zy, 0.0))
    full = _product((1.0, 0.0, first_centre, 0.0, 1.0, second_centre), full)
    m00, m01, m02, m10, m11, m12 = _product(full, (1.0, 0.0, -first_centre, 0.0, 1.0, -second_centre))
    return m11, m10, m12, m01, m00, m02
