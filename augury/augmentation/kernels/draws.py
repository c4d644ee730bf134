"""Tables of parameters, from uniform numbers that are given or that are made here, one row an image.

What NumPy's expressions make of them, in the same order of operations and with every rounding: a draw is the same
number to the last bit whoever computes it.
"""

from __future__ import annotations

from numba import njit, uint64

from augury.augmentation.kernels.philox import pair_of_uniforms
from augury.augmentation.parameters import COLUMNS, NOTHING

LOW, WIDTH, FACTOR, THRESHOLD, IS_DRAWN = range(5)
RULES = 5
"""Rows of a table of rules ``[5, 10]``, of which every parameter has a column.

A parameter is (low + width · uniform) · factor or, where there is a threshold, whether uniform is below it: 1 or 0. Of
those that are not drawn uniform is 0.
"""
_UNTOUCHED = COLUMNS + 2
_NOTHING = tuple(float(value) for value in NOTHING)


@njit(inline="always")
def _parameter(rules, column, uniform):
    if rules[THRESHOLD, column] >= 0.0:
        return 1.0 if uniform < rules[THRESHOLD, column] else 0.0
    return (rules[LOW, column] + rules[WIDTH, column] * uniform) * rules[FACTOR, column]


@njit(cache=True, nogil=True, _nrt=False)
def fill_from_uniforms(uniforms, rules, table):
    """Fill *table* ``[B, 10]`` from the uniform numbers ``[B, n]`` of the n parameters that are drawn, in order."""
    for row in range(len(table)):
        position = 0
        for column in range(COLUMNS):
            uniform = 0.0
            if rules[IS_DRAWN, column] != 0.0:
                uniform = uniforms[row, position]
                position += 1
            table[row, column] = _parameter(rules, column, uniform)


@njit(cache=True, nogil=True, _nrt=False)
def fill_stateless(seed, epoch, indices, rules, identity_probability, table):
    """Fill *table* ``[B, 10]`` for the samples *indices*, leaving an image alone with *identity_probability*.

    Of a sample's stream (see philox.uniforms), only the numbers that are needed are made.
    """
    for row in range(len(table)):
        sample = uint64(indices[row])
        if identity_probability > 0.0:
            untouched, _ = pair_of_uniforms(seed, epoch, sample, _UNTOUCHED // 2)
            if untouched < identity_probability:
                for column in range(COLUMNS):
                    table[row, column] = _NOTHING[column]
                continue
        for column in range(0, COLUMNS, 2):
            first, second = 0.0, 0.0
            if rules[IS_DRAWN, column] != 0.0 or rules[IS_DRAWN, column + 1] != 0.0:
                first, second = pair_of_uniforms(seed, epoch, sample, column // 2)
            table[row, column] = _parameter(rules, column, first)
            table[row, column + 1] = _parameter(rules, column + 1, second)
