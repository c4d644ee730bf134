"""Drawing parameters: as Keras does, from NumPy's legacy generator, or keyed on (seed, epoch, sample)."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from augury.augmentation.kernels.draws import (
    FACTOR,
    IS_DRAWN,
    LOW,
    RULES,
    THRESHOLD,
    WIDTH,
    fill_from_uniforms,
    fill_stateless,
)
from augury.augmentation.kernels.philox import require_64_bits, uniforms
from augury.augmentation.parameters import (
    BRIGHTNESS,
    CHANNEL_SHIFT,
    COLUMNS,
    FLIP_HORIZONTAL,
    FLIP_VERTICAL,
    NAMES,
    NOTHING,
    SHEAR,
    THETA,
    TX,
    TY,
    ZX,
    ZY,
    Draws,
)
from augury.augmentation.settings import Settings

Table = npt.NDArray[np.float64]
_SIGNS = (COLUMNS, COLUMNS + 1)  # further uniform numbers, for shifts that are drawn from a set
_UNTOUCHED = COLUMNS + 2
_UNIFORMS_PER_SAMPLE = COLUMNS + 3
MAX_SHAPES_KEPT = 64
"""Shapes of images whose rules are kept; those that a folder holds may all be different."""


class LegacyGenerator(Protocol):
    """NumPy's legacy interface: a ``RandomState``, or the module ``numpy.random`` for the global one."""

    def random_sample(self, size: Any = None) -> Any:
        """Uniform in [0, 1)."""

    def choice(self, a: Any) -> Any:
        """One of *a*, or of range(a)."""

    def permutation(self, x: int) -> Any:
        """range(x) in random order."""

    def randint(self, low: int) -> Any:
        """An integer from 0 to low - 1."""

    def seed(self, seed: int) -> None:
        """Begin the stream that belongs to a seed."""


GLOBAL_GENERATOR: LegacyGenerator = np.random
"""NumPy's own, which Keras draws from and seeds."""


@dataclass(frozen=True)
class Ranges:
    """The distributions of a spec or a generator. All but discrete shifts are uniform in [low, low + width)."""

    low: Table
    width: Table
    drawn: npt.NDArray[np.intp]
    discrete: dict[int, Any]
    """Shifts that are drawn from a set, with a random sign: column -> int n (from 0 to n - 1) or list."""
    relative: dict[int, int]
    """Shifts given as fractions: column -> axis of the image whose length they are multiplied by."""
    flips: tuple[bool, bool]
    _rules: dict[tuple[int, int], Table] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Ranges:
        """The distributions that Keras 3's ``get_random_transform`` draws from, in its order.

        Ranges may be negative or descending: as for NumPy's ``uniform``, only their ends count.

        Raises:
            TypeError, ValueError: a range is not a number (or, for shifts, a sequence of numbers).
            OverflowError: a range is not finite.
        """
        ends = _symmetric_ends(settings)
        discrete, relative = {}, {}
        shifts = ((TX, settings.height_shift_range, 0), (TY, settings.width_shift_range, 1))
        for column, shift, axis in shifts:
            if not shift:
                continue
            if _is_a_set(shift):
                discrete[column] = shift
            else:
                ends[column] = (-shift, shift)
            if np.max(shift) < 1:
                relative[column] = axis
        zoom, brightness = settings.zoom_range, settings.brightness_range
        if not (zoom[0] == 1 and zoom[1] == 1):
            ends[ZX] = ends[ZY] = (zoom[0], zoom[1])
        if brightness is not None:
            ends[BRIGHTNESS] = (brightness[0], brightness[1])
        ends[FLIP_HORIZONTAL] = ends[FLIP_VERTICAL] = (0, 1)
        low, width = NOTHING.copy(), np.zeros(COLUMNS)
        for column, (start, stop) in ends.items():
            low[column], width[column] = start, stop - start
            if not np.isfinite(width[column]):
                raise OverflowError(f"the range of {NAMES[column]} must be finite, got ({start}, {stop})")
        flips = (bool(settings.horizontal_flip), bool(settings.vertical_flip))
        return cls(low, width, np.array(sorted(ends)), discrete, relative, flips)

    def rules(self, shape: tuple[int, ...]) -> Table:
        """What turns uniform numbers into the parameters of images of a shape: see kernels.draws.RULES."""
        height_and_width = shape[0], shape[1]
        known = self._rules.get(height_and_width)
        if known is not None:
            return known
        rules = np.ones((RULES, COLUMNS))
        rules[LOW], rules[WIDTH], rules[THRESHOLD], rules[IS_DRAWN] = self.low, self.width, -1, 0
        rules[THRESHOLD, [FLIP_HORIZONTAL, FLIP_VERTICAL]] = [0.5 if is_on else 0.0 for is_on in self.flips]
        for column, axis in self.relative.items():
            if column not in self.discrete:
                rules[FACTOR, column] = shape[axis]
        rules[IS_DRAWN, self.drawn] = 1
        if len(self._rules) >= MAX_SHAPES_KEPT:
            self._rules.clear()
        self._rules[height_and_width] = rules
        return rules


def _symmetric_ends(settings: Settings) -> dict[int, tuple[Any, Any]]:
    limits = {THETA: settings.rotation_range, SHEAR: settings.shear_range}
    ends = {column: (-limit, limit) for column, limit in limits.items() if limit}
    if settings.channel_shift_range != 0:
        ends[CHANNEL_SHIFT] = (-settings.channel_shift_range, settings.channel_shift_range)
    return ends


def _is_a_set(shift: Any) -> bool:
    """Whether NumPy's ``choice`` takes it, which is how Keras tells a set of shifts from a range."""
    if np.ndim(shift) != 0:
        return np.ndim(shift) == 1
    try:
        return operator.index(np.asarray(shift).item()) > 0
    except TypeError:
        return False


def draw_as_keras(ranges: Ranges, generator: LegacyGenerator, count: int, shape: tuple[int, ...]) -> Draws:
    """The draws of *count* images of *shape* (height, width, channels), consuming the generator as Keras does."""
    return draws_of(ranges, [sample_as_keras(ranges, generator, count, shape)], shape)


def sample_as_keras(ranges: Ranges, generator: LegacyGenerator, count: int, shape: tuple[int, ...]) -> Table:
    """What draws_of makes the draws of *count* images of, consuming the generator as Keras does."""
    if ranges.discrete:
        rows = [_draw_one_as_keras(ranges, generator, shape) for _ in range(count)]
        return np.concatenate(rows) if rows else np.empty((0, COLUMNS))
    uniform: Table = generator.random_sample((count, len(ranges.drawn)))
    return uniform


def draws_of(ranges: Ranges, samples: list[Table], shape: tuple[int, ...]) -> Draws:
    """The draws of what sample_as_keras returned, several batches at once."""
    joined = samples[0] if len(samples) == 1 else np.concatenate(samples)
    if ranges.discrete:
        return Draws(joined)
    table = np.empty((len(joined), COLUMNS))
    fill_from_uniforms(joined, ranges.rules(shape), table)
    return Draws(table)


def _draw_one_as_keras(ranges: Ranges, generator: LegacyGenerator, shape: tuple[int, ...]) -> Table:
    """One row. Drawing from a set consumes a varying part of the stream, so the order of columns is kept."""
    uniform, chosen = [], {}
    for column in range(COLUMNS):
        if column in ranges.discrete:
            value = generator.choice(ranges.discrete[column])
            value = value * generator.choice([-1, 1])
            chosen[column] = value * shape[ranges.relative[column]] if column in ranges.relative else value
        elif column in ranges.drawn:
            uniform.append(generator.random_sample())
    table = np.empty((1, COLUMNS))
    fill_from_uniforms(np.array([uniform]), ranges.rules(shape), table)
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

    Every parameter has its own index in the sample's stream, so that adding one to a spec leaves the draws of the
    others as they are. *identity_probability* is that of leaving an image alone.
    """
    require_64_bits(seed=seed, epoch=epoch)
    indices, table = np.ascontiguousarray(indices, np.int64), np.empty((len(indices), COLUMNS))
    chance = 0.0 if ranges.discrete else float(identity_probability)
    fill_stateless(np.uint64(seed), np.uint64(epoch), indices, ranges.rules(shape), chance, table)
    if ranges.discrete:
        uniform = uniforms(seed, epoch, indices, _UNIFORMS_PER_SAMPLE)
        _choose(ranges, uniform, shape, table)
        table[uniform[:, _UNTOUCHED] < identity_probability] = NOTHING
    return Draws(table)


def _choose(ranges: Ranges, uniform: Table, shape: tuple[int, ...], table: Table) -> None:
    """Fill the columns of shifts that are drawn from a set."""
    for sign, (column, choices) in zip(_SIGNS, ranges.discrete.items(), strict=False):
        values = np.arange(choices, dtype=np.float64) if np.ndim(choices) == 0 else np.asarray(choices, np.float64)
        if column in ranges.relative:
            values = values * shape[ranges.relative[column]]
        picked = values[(uniform[:, column] * len(values)).astype(np.intp)]
        table[:, column] = np.where(uniform[:, sign] < 0.5, -picked, picked)
