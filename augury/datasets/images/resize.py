"""Bringing one image into the shape of all: its channels, then its size, with antialiasing.

Both resize with Lanczos' window of three lobes whose support grows with the reduction (Pillow's ``LANCZOS``), in 8-bit
arithmetic for 8-bit images and in floats for all others. Grey is ITU-R 601's luma: .299 R + .587 G + .114 B.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from augury.datasets.images.opacity import divide, lay_array, lay_picture, multiply
from augury.datasets.images.target_shape import Shape

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_FOUR_BANDS = "CMYK"  # to Pillow's resizing four bands of equal rank; to "RGBA" the fourth is opacity
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float64)
_FILTER = Image.Resampling.LANCZOS

Pixels = npt.NDArray[Any]


def fit_picture(picture: Image.Image, shape: Shape, *, has_opacity: bool = False) -> Pixels:
    """An 8-bit picture of any mode as ``[H, W, C]`` uint8.

    Opacity, in a channel, a palette or a key, is kept where the shape has a channel for it; otherwise the picture is
    laid on the shape's background.
    """
    mode = _MODES[shape.channels]
    if has_opacity and mode != "RGBA":
        picture = lay_picture(picture, shape.background)
    if picture.mode != mode:
        if picture.mode == "P" and mode != "RGBA":
            picture = picture.convert("RGB")
        picture = picture.convert(mode)
    return _resized(picture, shape)


def fit_array(pixels: Pixels, shape: Shape, *, has_opacity: bool = False) -> Pixels:
    """``[H, W, C]`` of uint8, uint16 or float32 in that shape and the same type.

    A fourth channel is like the others unless it *has_opacity*: then it is treated as ``fit_picture`` does, in
    integers. A channel of transparency that is added is opaque: the type's top, which floats do not have.
    """
    if has_opacity and shape.channels < 4:
        pixels, has_opacity = lay_array(pixels, shape.background), False
    pixels = pixels[..., :3] if pixels.shape[-1] > 3 > shape.channels else pixels
    pixels = pixels[..., : shape.channels] if pixels.shape[-1] > shape.channels > 1 else pixels
    if pixels.dtype == np.uint8:
        return _fit_bytes(pixels, shape, has_opacity)
    pixels = _with_channels(pixels, shape.channels)
    if pixels.shape == shape.array_shape:
        return pixels
    if not has_opacity:
        return _as_type(_resized_planes(pixels, shape), pixels.dtype)
    resized = np.clip(_resized_planes(multiply(pixels), shape), 0, None)
    return _as_type(divide(resized, int(np.iinfo(pixels.dtype).max)), pixels.dtype)


def _fit_bytes(pixels: Pixels, shape: Shape, has_opacity: bool) -> Pixels:
    height, width, channels = pixels.shape
    mode = _MODES[channels] if channels < 4 or has_opacity else _FOUR_BANDS
    picture = Image.frombytes(mode, (width, height), np.ascontiguousarray(pixels).data)
    return _resized(picture, shape) if mode == _FOUR_BANDS else fit_picture(picture, shape)


def _resized(picture: Image.Image, shape: Shape) -> Pixels:
    if picture.size != (shape.width, shape.height):
        box = _box(picture.height, picture.width, shape)
        picture = picture.resize((shape.width, shape.height), _FILTER, box)
    return np.frombuffer(picture.tobytes(), dtype=np.uint8).reshape(shape.array_shape)


def _resized_planes(pixels: Pixels, shape: Shape) -> Pixels:
    """``[H, W, C]`` of any type, channel by channel, as float32."""
    box = _box(pixels.shape[0], pixels.shape[1], shape)
    planes = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(pixels[..., channel], dtype=np.float32)).resize(
                (shape.width, shape.height), _FILTER, box
            )
        )
        for channel in range(shape.channels)
    ]
    return np.stack(planes, axis=-1)


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


def turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """``[H, W, C]`` as it is to be looked at, by EXIF's number for how it lies; others than 2 to 8 leave it."""
    turn = _TURNS.get(orientation)
    return pixels if turn is None else turn(pixels)


_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels[:, ::-1], -1),
    8: lambda pixels: np.rot90(pixels, 1),
}
