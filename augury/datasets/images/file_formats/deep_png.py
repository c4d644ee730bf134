"""PNGs with 16 bits a channel and colour or opacity, whole: Pillow keeps 16 bits of grey alone.

Pillow's decoder gives the upper byte of each value (``RGB;16B``). It can as well be asked for the lower one, as if the
bytes were the other way round (``RGB;16L``). Filters and interlacing are undone by the same code in both cases.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[Any]
_UPPER, _LOWER = ";16B", ";16L"
_GREY_WITH_OPACITY = "LA;16B"


def is_deep(picture: Image.Image) -> bool:
    """Whether an opened, not yet loaded PNG has 16 bits that Pillow would halve, or a transparent grey beside them."""
    raw = _raw_mode(picture)
    return raw in ("RGB;16B", "RGBA;16B", _GREY_WITH_OPACITY) or (raw == "I;16B" and "transparency" in picture.info)


def read_deep(picture: Image.Image, content: bytes) -> Pixels:
    """``[H, W, 3]``, or 4 with opacity, uint16. *picture* is the same *content*, opened and not loaded."""
    raw = _raw_mode(picture)
    if raw == _GREY_WITH_OPACITY:
        pairs = _planes(picture, "RGBA")  # four bytes: two of grey, two of opacity
        wide = pairs[..., [0, 0, 0, 2]].astype(np.uint16) << np.uint16(8)
        return wide | pairs[..., [1, 1, 1, 3]]
    if raw == "I;16B":
        picture.load()
        return _with_key(np.repeat(np.asarray(picture).astype(np.uint16)[..., np.newaxis], 3, axis=-1), picture)
    other = Image.open(io.BytesIO(content), formats=("PNG",))
    upper, lower = _planes(picture, raw), _planes(other, raw.replace(_UPPER, _LOWER))
    return _with_key(upper.astype(np.uint16) << np.uint16(8) | lower, picture)


def _raw_mode(picture: Image.Image) -> str:
    """How the bytes of the only tile are meant; none where the file is laid out otherwise."""
    tiles: Any = getattr(picture, "tile", ())
    raw = tiles[0].args if len(tiles) == 1 else None
    return raw if isinstance(raw, str) else ""


def _planes(picture: Any, raw: str) -> Pixels:
    picture.tile = [tile._replace(args=raw) for tile in picture.tile]
    picture.load()
    return np.array(picture)


def _with_key(pixels: Pixels, picture: Image.Image) -> Pixels:
    """With opacity where one colour is said to be transparent."""
    key = picture.info.get("transparency")
    if key is None or pixels.shape[-1] != 3:
        return pixels
    is_clear = (pixels == np.array(key, dtype=np.uint16)).all(axis=-1, keepdims=True)
    return np.concatenate([pixels, np.where(is_clear, 0, 0xFFFF).astype(np.uint16)], axis=-1)
