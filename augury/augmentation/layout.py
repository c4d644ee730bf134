"""Array layout: the engine works on ``[N, H, W, C]`` in the machine's byte order."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_SOURCES = (np.uint8, np.uint16, np.float32, np.float64, np.float16)
_USUAL_CHANNELS = (1, 3, 4)
_READ_AS_THEY_ARE = (np.uint8, np.uint16, np.float32)


def checked_images(images: Any, name: str, data_format: str) -> Array:
    """Images as a channels-last array of a type the engine reads; a view where possible.

    Raises:
        ValueError: there are not four dimensions.
        TypeError: the values are not numbers.
    """
    array = np.asarray(images)
    if array.ndim != 4:
        raise ValueError(f"{name} must be images with four dimensions [N, H, W, C], got shape {array.shape}")
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} must hold numbers, got dtype {array.dtype}")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.type not in _SOURCES:
        array = array.astype(np.float32)
    return channels_last(array, data_format)


def readable_images(images: Any, dtype: Any) -> Array:
    """Images as Keras reads them: converted to *dtype*, which is left to the engine for the types that it reads itself.

    Raises:
        ValueError: there are not four dimensions, or the values cannot be converted.
    """
    array = np.asarray(images)
    if array.ndim != 4:
        raise ValueError(f"x must be images with four dimensions [N, H, W, C] (rank 4), got shape {array.shape}")
    is_read = array.dtype.type in _READ_AS_THEY_ARE and array.dtype.isnative
    return array if is_read else np.asarray(array, dtype)


def warn_of_unusual_channels(shape: tuple[int, ...], data_format: str) -> None:
    """Say of images ``[N, ...]`` that they do not look like images of this format, if they do not."""
    axis = 3 if data_format == "channels_last" else 1
    if shape[axis] not in _USUAL_CHANNELS:
        warnings.warn(
            f'Expected input to be images of data format "{data_format}" (channels on axis {axis}), i.e. expected '
            f"either 1, 3, or 4 channels on axis {axis}, got an array with shape {shape} ({shape[axis]} channels)",
            stacklevel=4,
        )


def channels_last(images: Array, data_format: str) -> Array:
    """``[N, C, H, W]`` as ``[N, H, W, C]`` where the format says so; a view."""
    return np.moveaxis(images, 1, -1) if data_format == "channels_first" else images


def channels_first(images: Array, data_format: str) -> Array:
    """Back to the caller's format; a view."""
    return np.moveaxis(images, -1, 1) if data_format == "channels_first" else images
