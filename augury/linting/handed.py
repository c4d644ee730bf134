"""What a ``preprocessing_function`` hands on to ``rescale``: the values and statistics of a dataset after it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from augury.augmentation.preprocessing_functions import FUNCTIONS
from augury.linting.intensities import Pixels
from augury.value_scale import Values


def values_after(function: str | None, values: Values) -> Values:
    """Where values lie after the function, over all channels."""
    if function is None:
        return values
    return Values(
        low=float(_applied(function, values.low).min()),
        high=float(_applied(function, values.high).max()),
        usual_low=float(_applied(function, values.usual_low).min()),
        usual_high=float(_applied(function, values.usual_high).max()),
        are_integers=False,
    )


def pixels_after(function: str | None, pixels: Pixels) -> Pixels:
    """The statistics after the function, in the mean over all channels."""
    if function is None:
        return pixels
    low, high, mean = (float(_applied(function, value).mean()) for value in (pixels.low, pixels.high, pixels.mean))
    gain = float((_applied(function, 1.0) - _applied(function, 0.0)).mean())  # each of them is linear
    return replace(pixels, low=low, high=high, mean=mean, deviation=pixels.deviation * gain)


def _applied(function: str, value: float) -> npt.NDArray[np.float64]:
    """What becomes of one value in each of three channels."""
    handed: npt.NDArray[np.float64] = FUNCTIONS[function](np.full((1, 1, 1, 3), value))
    return handed.reshape(-1)
