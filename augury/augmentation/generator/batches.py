"""A batch of a generator at once, or image after image where a function of the user's comes in between."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.drawing import LegacyGenerator, Ranges, draw_as_keras
from augury.augmentation.engine import Engine
from augury.augmentation.settings import Settings
from augury.augmentation.statistics import Statistics

Array = npt.NDArray[Any]


def augmented(
    settings: Settings, statistics: Statistics, images: Array, indices: Any, random: LegacyGenerator
) -> Array:
    """The images ``[N, H, W, C]`` that *indices* number, drawn for and augmented: ``[B, H, W, C]``."""
    engine, ranges = Engine(settings, "keras", None), Ranges.of(settings)

    def made(chosen: Any) -> Array:
        draws = draw_as_keras(ranges, random, len(chosen), images.shape[1:])
        return engine.augment(images, draws, statistics, chosen)

    if settings.preprocessing_function is None or len(indices) == 0:
        return made(indices)
    # The function may draw from the same generator: after this image's draws and before the next one's.
    return np.concatenate([made(indices[row : row + 1]) for row in range(len(indices))])
