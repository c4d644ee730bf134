"""Where a dataset's values lie: what changes of brightness are fractions of, and what no changed value leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.dataset import DatasetFacts
from augury.value_scale import Values

Array = npt.NDArray[Any]
_BYTE = 255.0


@dataclass(frozen=True)
class ValueRange:
    """The range of a dataset's values."""

    dark: float
    """What black is."""
    bright: float
    """What white is: full scale."""
    low: float
    """No changed value is below: dark, or the dataset's smallest value where that is an outlier."""
    high: float

    @classmethod
    def of(cls, facts: DatasetFacts) -> ValueRange:
        """Of a dataset: from zero to full scale (see ``augury.value_scale``), or, of values on both sides of zero, from
        nearly the smallest to nearly the largest.
        """
        values = Values.of(facts)
        if values.is_centred:
            dark, bright = values.usual_low, values.usual_high
        else:
            dark, bright = 0.0, values.full_scale
        return cls(dark, bright, min(dark, values.low), max(bright, values.high))

    @property
    def span(self) -> float:
        """From black to white."""
        return self.bright - self.dark

    @property
    def middle(self) -> float:
        """Grey."""
        return (self.dark + self.bright) / 2

    def kept(self, changed: Array, dtype: np.dtype[Any]) -> Array:
        """Changed values in the range, rounded where the dataset's are integers."""
        clipped = np.clip(changed, self.low, self.high)
        return (np.rint(clipped) if dtype.kind in "ui" else clipped).astype(dtype)

    def as_bytes(self, images: Array) -> npt.NDArray[np.uint8]:
        """Values as 8 bits of the range; what lies outside of black and white becomes the nearer of the two."""
        share = np.clip((images - self.dark) / self.span, 0, 1)
        return np.rint(_BYTE * share).astype(np.uint8)

    def from_bytes(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """The opposite."""
        return (self.dark + images.astype(np.float32) * np.float32(self.span / _BYTE)).astype(np.float32)
