"""What each condition does to images, at five strengths.

The idea of judging models on validation images that are changed in many ways at graded strengths, each model on the
very same ones, is that of Hendrycks and Dietterich (ICLR 2019); changes and strengths here are our own, in shares of
the image and of the dataset's values, so that they mean the same for every size and type of image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.training.conditions import ConditionName
from augury.conditions import geometry, intensity
from augury.conditions.value_range import ValueRange

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Change:
    """One way in which images change."""

    amounts: tuple[float, float, float, float, float]
    """By strength, from 1 to 5."""
    neutral: float | None
    """The amount that changes nothing; None where there is none."""
    draw: Callable[[np.random.Generator, Shape], Floats]
    """What is random about it, for one image of a shape (height, width, channels)."""
    apply: Callable[[Floats, float, Floats, ValueRange], Floats]
    """Of images ``[n, H, W, C]`` float32 in raw units, an amount, what was drawn ``[n, ...]``, and the range."""


CHANGES: Mapping[ConditionName, Change] = {
    "rotated": Change((5, 10, 15, 22, 30), 0, geometry.either_way, geometry.rotate),
    "shifted": Change((0.04, 0.08, 0.12, 0.17, 0.23), 0, geometry.any_direction, geometry.shift),
    "scaled": Change((1.1, 1.2, 1.3, 1.45, 1.6), 1, geometry.either_way, geometry.scale),
    "blurred": Change((0.012, 0.02, 0.03, 0.045, 0.065), 0, intensity.nothing, intensity.blur),
    "noisy": Change((0.04, 0.08, 0.12, 0.18, 0.26), 0, intensity.grain, intensity.add_noise),
    "jpeg": Change((60, 40, 25, 15, 8), None, intensity.nothing, intensity.compress),
    "dimmed": Change((0.7, 0.55, 0.4, 0.28, 0.18), 1, intensity.nothing, intensity.dim),
    "low_contrast": Change((0.7, 0.5, 0.35, 0.25, 0.15), 1, intensity.nothing, intensity.flatten),
    "colour_cast": Change((0.1, 0.2, 0.3, 0.45, 0.6), 0, intensity.any_colour, intensity.tint),
    "occluded": Change((0.2, 0.3, 0.4, 0.5, 0.6), 0, geometry.anywhere, geometry.occlude),
}


def draws_of(name: ConditionName, shape: Shape, *, seed: int, indices: npt.NDArray[np.integer]) -> Floats:
    """What is random about a change, for the images of these numbers in the snapshot ``[n, ...]``.

    It depends on the name, the seed and the number of the image alone: whatever images come with it, and at whatever
    strength. So all models of a seed see the same images, and a stronger change is more of the same.

    Raises:
        ValueError: the change is none for images of this *shape* (height, width, channels).
    """
    draw, key = CHANGES[name].draw, [seed, *name.encode()]
    return np.stack([draw(np.random.default_rng([*key, int(index)]), shape) for index in indices])


def changed(name: ConditionName, strength: int, images: Array, draws: Floats, value_range: ValueRange) -> Array:
    """Images ``[n, H, W, C]`` changed at a strength from 1 to 5: a new array of the same type, in the same range.

    Args:
        name: of the change.
        strength: from 1 to 5.
        images: raw, as the dataset has them.
        draws: see ``draws_of``.
        value_range: of the dataset.
    """
    return changed_by(name, CHANGES[name].amounts[strength - 1], images, draws, value_range)


def changed_by(name: ConditionName, amount: float, images: Array, draws: Floats, value_range: ValueRange) -> Array:
    """As ``changed``, by an amount in the change's own unit."""
    result = CHANGES[name].apply(images.astype(np.float32), amount, draws, value_range)
    return value_range.kept(result, images.dtype)
