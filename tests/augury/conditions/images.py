"""Images of every kind that a snapshot may hold, and the range of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.conditions.value_range import ValueRange

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Kind:
    """A type of values and where they lie."""

    dtype: str
    value_range: ValueRange

    def images(self, *shape: int, seed: int = 0) -> Array:
        """Smooth images with some noise: what a blur, a turn or a cast changes."""
        generator = np.random.default_rng(seed)
        rows, columns = np.mgrid[0 : shape[1], 0 : shape[2]]
        waves = np.sin(rows / 3 + generator.uniform(0, 6, (shape[0], 1, 1))) * np.cos(columns / 4)
        shares = 0.5 + 0.3 * waves[..., np.newaxis] + generator.uniform(-0.15, 0.15, shape)
        values = self.value_range.dark + self.value_range.span * shares
        return self.value_range.kept(values, np.dtype(self.dtype))


def _from_zero(dtype: str, full: float) -> Kind:
    return Kind(dtype, ValueRange(0, full, 0, full))


BYTES = _from_zero("uint8", 255)
KINDS = {
    "bytes": BYTES,
    "levels": _from_zero("uint8", 16),
    "twelve bits": _from_zero("uint16", 4095),
    "unit floats": _from_zero("float32", 1),
    "standardised": Kind("float32", ValueRange(-2.5, 3, -4, 6)),
}
