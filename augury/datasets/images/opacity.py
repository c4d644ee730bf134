"""Opacity: what a transparent image looks like where its transparency cannot be kept.

A fourth channel is opacity only where the file says so. A mix of two colours is ``(a c + (1 - a) b)``, in the values
that the file has, as browsers and viewers mix them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from api_schemas.datasets.references import ImageOptions

Colour = tuple[int, int, int]
Pixels = npt.NDArray[Any]
WHITE: Colour = (255, 255, 255)
_NAMED: dict[str, Colour] = {"white": WHITE, "black": (0, 0, 0)}


def background_of(options: ImageOptions) -> Colour:
    """Red, green and blue, 0 to 255, on which transparent images are laid."""
    given = options.background
    if given is None:
        return WHITE
    return _NAMED[given] if isinstance(given, str) else (given[0], given[1], given[2])


def lay_picture(picture: Image.Image, background: Colour) -> Image.Image:
    """A picture with transparency of any kind, 8 bits, as it looks on a background: mode "RGB"."""
    see_through = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    laid = Image.new("RGB", picture.size, background)
    laid.paste(see_through.convert("RGB"), mask=see_through.getchannel("A"))
    return laid


def lay_array(pixels: Pixels, background: Colour) -> Pixels:
    """``[..., 4]`` of uint8 or uint16, colours and opacity, on a background: ``[..., 3]`` of the same type."""
    top = int(np.iinfo(pixels.dtype).max)
    opacity = pixels[..., 3:].astype(np.uint32)  # wide enough: top times top, and half of top
    behind = np.array(background, dtype=np.uint32) * np.uint32(top // 255)
    mixed = pixels[..., :3] * opacity
    mixed += behind * (np.uint32(top) - opacity)
    mixed += np.uint32(top // 2)
    mixed //= np.uint32(top)
    laid: Pixels = mixed.astype(pixels.dtype)
    return laid


def multiply(pixels: Pixels) -> Pixels:
    """``[..., 4]`` as float64, whose colours are multiplied by their opacity, as averages need them."""
    top = np.iinfo(pixels.dtype).max
    multiplied = pixels.astype(np.float64)
    multiplied[..., :3] *= multiplied[..., 3:] / top
    return multiplied


def divide(pixels: Pixels, top: int) -> Pixels:
    """The reverse, in floats; what is wholly transparent has no colour and becomes 0. *top* is opaque."""
    opacity = pixels[..., 3:]
    divided = np.zeros(pixels.shape, dtype=np.float64)
    np.divide(pixels[..., :3] * float(top), opacity, out=divided[..., :3], where=opacity > 0)
    divided[..., 3:] = opacity
    return divided
