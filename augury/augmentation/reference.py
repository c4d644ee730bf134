"""The plain path: one image at a time with NumPy and SciPy. Slow, general, and what the fast path is held against.

It covers what the kernels do not: interpolation orders from 2, other types than float32, channels first, other numbers
of channels, values that are not finite. Images are ``[H, W, C]``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.kernels.fused import is_moved
from augury.augmentation.kernels.geometry import source_map
from augury.augmentation.parameters import (
    BRIGHTNESS,
    CHANNEL_SHIFT,
    FLIP_HORIZONTAL,
    FLIP_VERTICAL,
    SHEAR,
    THETA,
    TX,
    TY,
    ZX,
    ZY,
)

Array = npt.NDArray[Any]
_CHANNELS_OF_PILLOW = (1, 3, 4)


def transform_image(
    image: Array, row: Array, *, fill_mode: str, cval: float, order: int, corrected: bool, top: float, data_format: str
) -> Array:
    """One image changed as a row of parameters says (see ``augury.augmentation.parameters``), in its own type.

    ``data_format`` is that which the caller has the image in. Keras hands Pillow the image as if it were channels last
    whatever it is, so that with channels first the width must be a number of channels.
    """
    if is_moved(row):
        image = _resample(image, row, fill_mode, cval, order, corrected)
    if not np.isnan(row[CHANNEL_SHIFT]):
        image = np.clip(image + float(row[CHANNEL_SHIFT]), image.min(), image.max())
    if row[FLIP_HORIZONTAL]:
        image = image[:, ::-1]
    if row[FLIP_VERTICAL]:
        image = image[::-1]
    if not np.isnan(row[BRIGHTNESS]):
        image = _brighten(image, row[BRIGHTNESS], corrected, top, data_format)
    return image


def _brighten(image: Array, factor: float, corrected: bool, top: float, data_format: str) -> Array:
    if corrected:
        return brighten_directly(image, factor, top)
    if data_format == "channels_first":
        return np.moveaxis(brighten_8_bit(np.moveaxis(image, -1, 0), factor), 0, -1)
    return brighten_8_bit(image, factor)


def _resample(image: Array, row: Array, fill_mode: str, cval: float, order: int, corrected: bool) -> Array:
    from scipy import ndimage  # a third of a second to load, which few images need

    height, width = image.shape[:2]
    a, b, c, d, e, f = source_map(row[THETA], row[TX], row[TY], row[SHEAR], row[ZX], row[ZY], height, width, corrected)
    matrix, offset = np.array([[a, b], [d, e]]), np.array([c, f])
    planes = [
        ndimage.affine_transform(image[..., channel], matrix, offset, order=order, mode=fill_mode, cval=cval)
        for channel in range(image.shape[2])
    ]
    return np.stack(planes, axis=2)


def brighten_8_bit(image: Array, factor: float) -> Array:
    """Brightness as Pillow computes it on 8-bit integers; values beyond 0-255 are stretched to it and back.

    Raises:
        ValueError: Pillow knows no image with so many channels.
    """
    if image.shape[2] not in _CHANNELS_OF_PILLOW:
        raise ValueError(f"brightness_range needs images with 1, 3 or 4 channels, got {image.shape[2]}")
    low, high = image.min(), image.max()
    is_stretched = bool(low < 0 or high > 255)
    levels = image.astype(np.float32)
    if is_stretched:
        levels = levels - levels.min()
        if levels.max() != 0:
            levels /= levels.max()
        levels *= 255
    with np.errstate(invalid="ignore"):  # what is not finite becomes some 8-bit number, as it does in Keras
        levels = levels.astype(np.uint8).astype(np.float32)
    brightened = (
        np.clip(levels * np.float32(factor), np.float32(0), np.float32(255)).astype(np.uint8).astype(np.float32)
    )
    if image.shape[2] == 4:
        brightened[..., 3] = levels[..., 3]  # alpha stays
    result: Array = brightened / 255 * (high - low) + low if is_stretched else brightened
    return result


def top_of(images: Array) -> float:
    """The largest value of an integer type's range; 0 for floats, whose range every image tells itself."""
    return _top_of_type(images.dtype)


@cache
def _top_of_type(dtype: np.dtype[Any]) -> float:
    return float(np.iinfo(dtype).max) if dtype.kind == "u" else 0.0


def brighten_directly(image: Array, factor: float, top: float) -> Array:
    """Brightness in the data's own range: multiplied, and clipped to [min(0, darkest), top].

    The range of floats (top 0) is 0-1 or 0-255, whichever holds the image, or else ends with its largest value. It is
    told image by image, so that an image does not depend on its batch.
    """
    high = float(image.max())
    if top == 0:
        top = 1.0 if high <= 1 else 255.0
    brightened: Array = np.clip(image * image.dtype.type(factor), min(image.min(), 0), max(high, top))
    if image.shape[2] == 4:
        brightened[..., 3] = image[..., 3]
    result: Array = brightened.astype(image.dtype, copy=False)
    return result
