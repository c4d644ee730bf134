"""Changes of where things are: turned, moved, nearer or farther, in part behind something."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.parameters import NOTHING, THETA, TX, TY, ZX, ZY, Draws
from augury.conditions.value_range import ValueRange

Floats = npt.NDArray[np.float32]
Shape = tuple[int, ...]


def either_way(generator: np.random.Generator, _shape: Shape) -> Floats:
    """A direction: -1 or 1."""
    return np.array([generator.choice((-1.0, 1.0))], np.float32)


def any_direction(generator: np.random.Generator, _shape: Shape) -> Floats:
    """A direction in the plane: rows and columns of a unit vector."""
    angle = generator.uniform(0, 2 * np.pi)
    return np.array([np.sin(angle), np.cos(angle)], np.float32)


def anywhere(generator: np.random.Generator, _shape: Shape) -> Floats:
    """A place, in shares of the room there is: from the top, from the left."""
    return generator.random(2, dtype=np.float32)


def rotate(images: Floats, degrees: float, ways: Floats, _range: ValueRange) -> Floats:
    """Turned about the centre, either way; the border's values fill the corners."""
    return _mapped(images, {THETA: degrees * ways[:, 0]})


def shift(images: Floats, share: float, directions: Floats, _range: ValueRange) -> Floats:
    """Moved by a share of height and width, in any direction; the border's values fill what is left."""
    height, width = images.shape[1:3]
    return _mapped(images, {TX: share * height * directions[:, 0], TY: share * width * directions[:, 1]})


def scale(images: Floats, factor: float, ways: Floats, _range: ValueRange) -> Floats:
    """Larger or smaller by a factor, about the centre."""
    factors = np.where(ways[:, 0] > 0, factor, 1 / factor)
    return _mapped(images, {ZX: factors, ZY: factors})


def occlude(images: Floats, share: float, places: Floats, value_range: ValueRange) -> Floats:
    """A grey rectangle, of a share of height and of width, over a part of the image."""
    height, width = images.shape[1:3]
    rows, columns = (round(share * side) for side in (height, width))
    changed = images.copy()
    for image, (down, right) in zip(changed, places, strict=True):
        top, left = round(float(down) * (height - rows)), round(float(right) * (width - columns))
        image[top : top + rows, left : left + columns] = value_range.middle
    return changed


def _mapped(images: Floats, drawn: dict[int, npt.NDArray[np.floating]]) -> Floats:
    """The images through the engine's resampling, with these of its parameters for each."""
    table = np.tile(NOTHING, (len(images), 1))
    for column, values in drawn.items():
        table[:, column] = values
    return _pipeline().transform(images, Draws(table)).astype(np.float32, copy=False)


@lru_cache(maxsize=1)
def _pipeline() -> Pipeline:
    """Without the defects of Keras's: images turn about their centre, and rows are rows."""
    return Pipeline(ImageDataGeneratorSpec(), semantics="corrected")
