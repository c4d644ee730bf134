"""Drawing parameters: as Keras does, from NumPy's legacy generator, or keyed on (seed, epoch, sample)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation.kernels.philox import uniforms
from augury.augmentation.parameters import (
    BRIGHTNESS,
    CHANNEL_SHIFT,
    COLUMNS,
    FLIP_HORIZONTAL,
    FLIP_VERTICAL,
    NOTHING,
    SHEAR,
    THETA,
    TX,
    TY,
    ZX,
    ZY,
    Draws,
)

Table = npt.NDArray[np.float64]
_SIGNS = (COLUMNS, COLUMNS + 1)  # further uniform numbers, for shifts that are drawn from a set
_UNTOUCHED = COLUMNS + 2
_UNIFORMS_PER_SAMPLE = COLUMNS + 3


class LegacyGenerator(Protocol):
    """NumPy's legacy interface: a ``RandomState``, or the module ``numpy.random`` for the global one."""

    def random_sample(self, size: Any = None) -> Any:
        """Uniform in [0, 1)."""

    def choice(self, a: Any) -> Any:
        """One of *a*, or of range(a)."""

    def permutation(self, x: int) -> Any:
        """range(x) in random order."""


@dataclass(frozen=True)
class Ranges:
    """The distributions of a spec. All but discrete shifts are uniform in [low, low + width)."""

    low: Table
    width: Table
    drawn: npt.NDArray[np.intp]
    discrete: dict[int, Any]
    """Shifts that are drawn from a set, with a random sign: column -> int n (from 0 to n - 1) or list."""
    relative: dict[int, int]
    """Shifts given as fractions: column -> axis of the image whose length they are multiplied by."""
    flips: tuple[bool, bool]

    @classmethod
    def of(cls, spec: ImageDataGeneratorSpec) -> Ranges:
        """The distributions that Keras 3's ``get_random_transform`` draws from, in its order."""
        zoom = spec.zoom_range if isinstance(spec.zoom_range, tuple) else (1 - spec.zoom_range, 1 + spec.zoom_range)
        low, width = NOTHING.copy(), np.zeros(COLUMNS)
        symmetric = {THETA: spec.rotation_range, SHEAR: spec.shear_range, CHANNEL_SHIFT: spec.channel_shift_range}
        discrete, relative = {}, {}
        for column, shift, axis in ((TX, spec.height_shift_range, 0), (TY, spec.width_shift_range, 1)):
            if isinstance(shift, float):
                symmetric[column] = shift
            elif shift:
                discrete[column] = shift
            if shift and np.max(shift) < 1:
                relative[column] = axis
        ends = {column: (-limit, limit) for column, limit in symmetric.items() if limit}
        if tuple(zoom) != (1, 1):
            ends[ZX] = ends[ZY] = zoom
        if spec.brightness_range is not None:
            ends[BRIGHTNESS] = spec.brightness_range
        ends[FLIP_HORIZONTAL] = ends[FLIP_VERTICAL] = (0, 1)
        for column, (start, stop) in ends.items():
            low[column], width[column] = start, stop - start
        drawn = np.array(sorted(ends))
        return cls(low, width, drawn, discrete, relative, (spec.horizontal_flip, spec.vertical_flip))

    def from_uniforms(self, uniform: Table, shape: tuple[int, ...]) -> Table:
        """The table of parameters from uniform numbers ``[B, 10]`` in [0, 1), where they are drawn."""
        table = self.low + self.width * uniform
        for column, is_on in zip((FLIP_HORIZONTAL, FLIP_VERTICAL), self.flips, strict=True):
            table[:, column] = uniform[:, column] < 0.5 if is_on else 0.0
        for column, axis in self.relative.items():
            if column not in self.discrete:
                table[:, column] *= shape[axis]
        return table


def draw_as_keras(ranges: Ranges, generator: LegacyGenerator, count: int, shape: tuple[int, ...]) -> Draws:
    """The draws of *count* images of *shape* (height, width, channels), consuming the generator as Keras does."""
    if ranges.discrete:
        rows = [_draw_one_as_keras(ranges, generator, shape) for _ in range(count)]
        return Draws(np.concatenate(rows) if rows else np.empty((0, COLUMNS)))
    uniform = np.zeros((count, COLUMNS))
    uniform[:, ranges.drawn] = generator.random_sample((count, len(ranges.drawn)))
    return Draws(ranges.from_uniforms(uniform, shape))


def _draw_one_as_keras(ranges: Ranges, generator: LegacyGenerator, shape: tuple[int, ...]) -> Table:
    """One row. Drawing from a set consumes a varying part of the stream, so the order of columns is kept."""
    uniform, chosen = np.zeros((1, COLUMNS)), {}
    for column in range(COLUMNS):
        if column in ranges.discrete:
            value = generator.choice(ranges.discrete[column])
            value = value * generator.choice([-1, 1])
            chosen[column] = value * shape[ranges.relative[column]] if column in ranges.relative else value
        elif column in ranges.drawn:
            uniform[0, column] = generator.random_sample()
    table = ranges.from_uniforms(uniform, shape)
    for column, value in chosen.items():
        table[0, column] = value
    return table


def draw_stateless(
    ranges: Ranges,
    *,
    seed: int,
    epoch: int,
    indices: npt.NDArray[np.int64],
    shape: tuple[int, ...],
    identity_probability: float = 0.0,
) -> Draws:
    """Draws that depend on (seed, epoch, sample) and on nothing else: not on batches, threads or machines.

    Every parameter has its own place in the sample's stream, so that adding one to a spec leaves the draws of the
    others as they are. *identity_probability* is that of leaving an image alone.
    """
    uniform = uniforms(seed, epoch, np.ascontiguousarray(indices, np.int64), _UNIFORMS_PER_SAMPLE)
    table = ranges.from_uniforms(uniform[:, :COLUMNS], shape)
    for sign, (column, choices) in zip(_SIGNS, ranges.discrete.items(), strict=False):
        values = np.arange(choices, dtype=np.float64) if isinstance(choices, int) else np.asarray(choices, np.float64)
        if column in ranges.relative:
            values = values * shape[ranges.relative[column]]
        picked = values[(uniform[:, column] * len(values)).astype(np.intp)]
        table[:, column] = np.where(uniform[:, sign] < 0.5, -picked, picked)
    if identity_probability:
        table[uniform[:, _UNTOUCHED] < identity_probability] = NOTHING
    return Draws(table)
