"""Bringing one image into the shape of all: its channels, then its size, with antialiasing.

Both resize with Lanczos' window of three lobes whose support grows with the reduction (Pillow's ``LANCZOS``), in 8-bit
arithmetic for 8-bit images and in floats for all others. Grey is ITU-R 601's luma: .299 R + .587 G + .114 B.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from augury.datasets.images.target_shape import Shape

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float64)
_FILTER = Image.Resampling.LANCZOS

Pixels = npt.NDArray[Any]


def fit_picture(picture: Image.Image, shape: Shape) -> Pixels:
    """An 8-bit picture of any mode as ``[H, W, C]`` uint8."""
    mode = _MODES[shape.channels]
    if picture.mode != mode:
        if picture.mode == "P" and mode != "RGBA":
            picture = picture.convert("RGB")  # a palette's transparency would turn up as black
        picture = picture.convert(mode)
    if picture.size != (shape.width, shape.height):
        box = _box(picture.height, picture.width, shape)
        picture = picture.resize((shape.width, shape.height), _FILTER, box)
    return np.frombuffer(picture.tobytes(), dtype=np.uint8).reshape(shape.array_shape)


def fit_array(pixels: Pixels, shape: Shape) -> Pixels:
    """``[H, W, C]`` of uint8, uint16 or float32 in that shape and the same type.

    A channel of transparency that is added is opaque: the type's top, which floats do not have.
    """
    if pixels.dtype == np.uint8:
        squeezed = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
        return fit_picture(Image.fromarray(np.ascontiguousarray(squeezed)), shape)
    pixels = _with_channels(pixels, shape.channels)
    if pixels.shape == shape.array_shape:
        return pixels
    box = _box(pixels.shape[0], pixels.shape[1], shape)
    planes = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(pixels[..., channel], dtype=np.float32)).resize(
                (shape.width, shape.height), _FILTER, box
            )
        )
        for channel in range(shape.channels)
    ]
    return _as_type(np.stack(planes, axis=-1), pixels.dtype)


def _with_channels(pixels: Pixels, channels: int) -> Pixels:
    present = pixels.shape[-1]
    if present == channels:
        return pixels
    if channels == 1:
        return _as_type((pixels[..., :3] @ _LUMA)[..., np.newaxis], pixels.dtype)
    colours = np.repeat(pixels, 3, axis=-1) if present == 1 else pixels[..., :3]
    if channels == 3:
        return colours
    opaque = np.full_like(colours[..., :1], np.iinfo(pixels.dtype).max)
    return np.concatenate([colours, opaque], axis=-1)


def _as_type(pixels: Pixels, dtype: np.dtype[Any]) -> Pixels:
    if dtype.kind == "f":
        return pixels.astype(dtype)
    rounded: Pixels = np.rint(np.clip(pixels, 0, np.iinfo(dtype).max)).astype(dtype)
    return rounded


def _box(height: int, width: int, shape: Shape) -> tuple[float, float, float, float]:
    """What part of an image is taken: left, top, right, bottom."""
    if not shape.crop:
        return 0, 0, width, height
    scale = min(height / shape.height, width / shape.width)
    taken_height, taken_width = scale * shape.height, scale * shape.width
    left, top = (width - taken_width) / 2, (height - taken_height) / 2
    return left, top, min(width, left + taken_width), min(height, top + taken_height)
