"""The random parameters of a batch: one row an image, one column a parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

THETA, TX, TY, SHEAR, ZX, ZY, FLIP_HORIZONTAL, FLIP_VERTICAL, CHANNEL_SHIFT, BRIGHTNESS = range(10)
COLUMNS = 10
NAMES = (
    "theta",
    "tx",
    "ty",
    "shear",
    "zx",
    "zy",
    "flip_horizontal",
    "flip_vertical",
    "channel_shift_intensity",
    "brightness",
)
NOTHING = np.array([0, 0, 0, 0, 1, 1, 0, 0, np.nan, np.nan])
"""The row that leaves an image alone; NaN where a parameter is not drawn at all."""

_FLIPS = (FLIP_HORIZONTAL, FLIP_VERTICAL)
_OPTIONAL = (CHANNEL_SHIFT, BRIGHTNESS)


@dataclass(frozen=True)
class Draws:
    """Drawn parameters ``[B, 10]`` float64, in the order of NAMES.

    Units are those of Keras's transform dictionary: theta and shear in degrees, tx and ty in pixels, zx and zy as
    factors (below 1 zooms in), flips 0 or 1, the channel shift in raw intensity, brightness as a factor.
    """

    table: npt.NDArray[np.float64]

    def __len__(self) -> int:
        """How many images they are for."""
        return len(self.table)

    def __getitem__(self, part: slice) -> Draws:
        """The draws of some of the images."""
        return Draws(self.table[part])

    def parameters(self, index: int) -> dict[str, Any]:
        """One image's parameters as Keras's transform dictionary, which JSON can carry."""
        row = self.table[index]
        named: dict[str, Any] = {name: float(value) for name, value in zip(NAMES, row, strict=True)}
        for column in _FLIPS:
            named[NAMES[column]] = bool(row[column])
        for column in _OPTIONAL:
            if np.isnan(row[column]):
                named[NAMES[column]] = None
        return named

    @classmethod
    def of_parameters(cls, parameters: dict[str, Any]) -> Draws:
        """The draws of one image from a transform dictionary; what it lacks changes nothing.

        Raises:
            ValueError: a key is not the name of a parameter.
        """
        unknown = sorted(set(parameters) - set(NAMES))
        if unknown:
            raise ValueError(f"unknown transform parameters {unknown}, expected some of {list(NAMES)}")
        row = NOTHING.copy()
        for column, name in enumerate(NAMES):
            if parameters.get(name) is not None:
                row[column] = float(parameters[name])
        return cls(row[np.newaxis])
