"""One image as bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[Any]
Encoder = Callable[[Array], bytes]


def encoder_of(image_format: str, dtype: str) -> Encoder:
    """What turns an image ``[H, W, C]`` float32 in raw intensity units into bytes for an archive of that format."""
    if image_format == "npz":
        return lambda image: np.ascontiguousarray(image, "<f4").tobytes()
    return lambda image: png(image, np.dtype(dtype))


def png(image: Array, dtype: np.dtype[Any]) -> bytes:
    """A PNG file of 8 or 16 bits a channel, values rounded and clipped. The same image gives the same bytes."""
    pixels = np.clip(np.rint(image), 0, np.iinfo(dtype).max).astype(dtype)
    if pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
