"""What a spec's geometry does to images, by simulating its draws: no image is needed, only coordinates.

Every output pixel's source position is computed with Keras 3's matrices, for some hundred draws at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.lint import GeometryMeasurements, Semantics

Array = npt.NDArray[np.float64]
Planes = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
ShiftRange = float | int | tuple[float | int, ...]

GEOMETRY = ("rotation_range", "width_shift_range", "height_shift_range", "shear_range", "zoom_range")
"""The parameters that move pixels other than by mirroring."""

DRAWS = 400
GRID = 24
"""Pixels looked at along each axis; larger images are sampled, as shares hardly depend on it."""

_SWAP = np.array([[0.0, 1.0], [1.0, 0.0]])


@dataclass(frozen=True)
class Motion:
    """The geometric half of a spec: hashable, and equal for specs that move pixels alike."""

    rotation: float
    height_shift: ShiftRange
    width_shift: ShiftRange
    shear: float
    zoom: tuple[float, float]


@dataclass(frozen=True)
class _Draws:
    """Linear parts ``[N, 2, 2]``, pivots and offsets in (row, column): source = linear @ (output - pivot) + offset."""

    linear: Array
    pivot: Array
    offset: Array


def zoom_bounds(spec: ImageDataGeneratorSpec) -> tuple[float, float]:
    """Smallest and largest zoom factor; below 1 magnifies."""
    zoom = spec.zoom_range
    return zoom if isinstance(zoom, tuple) else (1 - zoom, 1 + zoom)


def motion_of(spec: ImageDataGeneratorSpec) -> Motion:
    """The geometric half of a spec."""
    return Motion(
        rotation=spec.rotation_range,
        height_shift=_hashable(spec.height_shift_range),
        width_shift=_hashable(spec.width_shift_range),
        shear=spec.shear_range,
        zoom=zoom_bounds(spec),
    )


def _hashable(shift: Any) -> ShiftRange:
    return tuple(shift) if isinstance(shift, list) else shift


@lru_cache(maxsize=2048)
def measure(motion: Motion, height: int, width: int, semantics: Semantics) -> GeometryMeasurements:
    """Invented, kept, blurred and drifting pixels over `DRAWS` draws; the same numbers every time."""
    draws = _draw(motion, height, width, semantics)
    inverse: Array = np.linalg.inv(draws.linear).astype(np.float64)
    grid = _grid(height, width)
    source = _apply(draws.linear, draws.pivot, draws.offset, grid)
    landing = _apply(inverse, draws.offset, draws.pivot, grid)
    inside = _inside(source, height, width)
    kept = _inside(landing, height, width).mean(axis=(1, 2))
    invented = 1 - inside.mean(axis=(1, 2))
    moved = np.hypot(source[0] - grid[0], source[1] - grid[1])
    centre = np.array([height, width]) / 2 - 0.5
    # Without any shift the pivot stays where it is, and the centre moves if it is not the pivot.
    drift = inverse @ (centre - draws.pivot) + draws.pivot - centre
    still = np.abs(draws.linear - np.eye(2)).max(axis=(1, 2)) + np.abs(draws.offset - draws.pivot).max(axis=1) < 1e-9
    return GeometryMeasurements(
        height=height,
        width=width,
        invented_mean=float(invented.mean()),
        invented_p90=float(np.quantile(invented, 0.9)),
        kept_mean=float(kept.mean()),
        kept_p10=float(np.quantile(kept, 0.1)),
        half_hidden=float((kept < 0.5).mean()),
        unchanged=float(still.mean()),
        detail_kept=_detail_kept(source, inside),
        displacement=float(moved.mean()),
        centre_drift=float(np.linalg.norm(drift, axis=1).mean()),
    )


def _draw(motion: Motion, height: int, width: int, semantics: Semantics) -> _Draws:
    """Keras draws in (x, y) = (row, column) and then swaps the axes of the finished matrix (Keras >= 2.9)."""
    generator = np.random.default_rng(20_090_531)
    theta = np.deg2rad(_uniform(generator, motion.rotation))
    down = _shifts(generator, motion.height_shift, height)
    across = _shifts(generator, motion.width_shift, width)
    shear = np.deg2rad(_uniform(generator, motion.shear))
    zoom = generator.uniform(*motion.zoom, size=(DRAWS, 2))
    rotate = _matrices(np.cos(theta), -np.sin(theta), np.sin(theta), np.cos(theta))
    zeros, ones = np.zeros(DRAWS), np.ones(DRAWS)
    slant = _matrices(ones, -np.sin(shear), zeros, np.cos(shear))
    scale = _matrices(zoom[:, 0], zeros, zeros, zoom[:, 1])
    rotate = _SWAP @ rotate @ _SWAP
    linear = rotate @ (_SWAP @ slant @ scale @ _SWAP)
    # The swap exchanges the pivot's and the shift's coordinates too: the two defects of Keras 3.
    defective = semantics == "keras"
    pivot = np.array([width, height] if defective else [height, width]) / 2 - 0.5
    shift = np.stack([across, down] if defective else [down, across], axis=1)
    return _Draws(linear, pivot, pivot + (rotate @ shift[:, :, np.newaxis])[:, :, 0])


def _uniform(generator: np.random.Generator, bound: float) -> Array:
    return generator.uniform(-bound, bound, DRAWS)


def _shifts(generator: np.random.Generator, shift: ShiftRange, size: int) -> Array:
    """Pixels. A list is a set to choose from, an int n draws whole pixels below n, a largest value below 1 scales."""
    if isinstance(shift, tuple):
        drawn = generator.choice(np.asarray(shift, dtype=np.float64), DRAWS) * generator.choice([-1, 1], DRAWS)
    elif isinstance(shift, int):
        drawn = generator.integers(max(shift, 1), size=DRAWS) * generator.choice([-1.0, 1.0], DRAWS)
    else:
        drawn = _uniform(generator, shift)
    return np.asarray(drawn * size if np.max(shift) < 1 else drawn, dtype=np.float64)


def _matrices(a: Array, b: Array, c: Array, d: Array) -> Array:
    return np.stack([np.stack([a, b], axis=-1), np.stack([c, d], axis=-1)], axis=-2)


def _grid(height: int, width: int) -> Planes:
    """Rows ``[P, 1]`` and columns ``[1, Q]`` of whole pixels, evenly spread when the image is larger than the grid."""
    rows, columns = (np.floor((np.arange(min(n, GRID)) + 0.5) * n / min(n, GRID)) for n in (height, width))
    return rows.astype(np.float32)[:, np.newaxis], columns.astype(np.float32)[np.newaxis, :]


def _apply(linear: Array, before: Array, after: Array, grid: Planes) -> Planes:
    """linear @ (point - before) + after for every draw and point, as planes ``[N, P, Q]``.

    In single precision, which is a thousandth of a pixel at worst and twice as fast.
    """
    constant = after - (linear @ np.broadcast_to(before, (DRAWS, 2))[:, :, np.newaxis])[:, :, 0]
    rows, columns = grid
    m, t = (
        linear.astype(np.float32)[:, :, :, np.newaxis, np.newaxis],
        constant.astype(np.float32)[:, :, np.newaxis, np.newaxis],
    )
    return (
        m[:, 0, 0] * rows + t[:, 0] + m[:, 0, 1] * columns,
        m[:, 1, 0] * rows + t[:, 1] + m[:, 1, 1] * columns,
    )


def _inside(positions: Planes, height: int, width: int) -> npt.NDArray[np.bool_]:
    """Whether positions lie on the image, counting each pixel's own square."""
    rows, columns = positions
    on_rows = np.abs(rows - np.float32((height - 1) / 2)) < height / 2 + 1e-4
    on_columns = np.abs(columns - np.float32((width - 1) / 2)) < width / 2 + 1e-4
    return np.asarray(on_rows & on_columns)


def _detail_kept(source: Planes, inside: npt.NDArray[np.bool_]) -> float:
    """Deviation of unit white noise after bilinear interpolation: its weights' sum of squares, in closed form."""
    if not inside.any():
        return 1.0
    down, across = (positions - np.floor(positions) for positions in source)
    variance = (1 - 2 * down * (1 - down)) * (1 - 2 * across * (1 - across))
    return float(min(1.0, np.sqrt(variance.mean(where=inside))))
