"""From an image file's bytes to pixels, with the care that bytes of strangers need.

An image that decodes is an image: what trails its data, as in files that are two things at once, is never looked at,
executed or stored.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from augury.datasets.images.fast_jpeg import plain_jpeg
from augury.datasets.images.resize import fit_array, fit_picture
from augury.datasets.images.target_shape import Kind, Shape
from augury.datasets.settings import IngestSettings, variable_of

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")
_ROTATED_ITSELF = frozenset({"TIFF"})  # Pillow turns these upright while it loads them
_GREY_16 = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I"})
_KINDS = {"1": Kind.GREY, "L": Kind.GREY, "LA": Kind.ALPHA, "La": Kind.ALPHA, "PA": Kind.ALPHA, "RGBA": Kind.ALPHA}
_KINDS |= {"RGBa": Kind.ALPHA} | dict.fromkeys(_GREY_16, Kind.GREY_16)
_DRAFT_MARGIN = 2  # a JPEG is never decoded at less than twice the size that is asked for
_TOP_16 = 0xFFFF

Pixels = npt.NDArray[Any]


class UnusableImageError(Exception):
    """One image cannot be used; the message is the reason, in the same words for the same reason."""


def prepare_decoder(limits: IngestSettings) -> None:
    """Have Pillow refuse images with too many pixels in this process, which should do nothing but decode."""
    Image.MAX_IMAGE_PIXELS = limits.max_image_pixels
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


class Decoded:
    """An image file whose pixels are there: its first frame, turned upright.

    Raises:
        UnusableImageError: it is damaged, too large, or none.
    """

    def __init__(self, content: bytes, limits: IngestSettings, target_shape: Shape | None) -> None:
        try:
            self._picture, self.height, self.width = _load(content, limits, target_shape)
            self.kind = _kind(self._picture)
        except UnusableImageError:
            raise
        except MemoryError:
            raise UnusableImageError("needs more memory than is allowed") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_many_pixels(limits) from None
        except UnidentifiedImageError:
            raise UnusableImageError("not an image, or not one that can be read") from None
        except Exception as error:  # Pillow's readers raise whatever their parsing runs into
            raise UnusableImageError("damaged image") from error

    def pixels(self, shape: Shape) -> Pixels:
        """The image in that shape, ``[H, W, C]``. Transparency for which the shape has no channel is dropped."""
        if self.kind != Kind.GREY_16:
            return fit_picture(self._picture, shape)
        wide = np.asarray(self._picture).astype(np.uint16)[..., np.newaxis]
        if shape.dtype == np.uint16:
            return fit_array(wide, shape)
        narrow = ((wide.astype(np.uint32) * 255 + _TOP_16 // 2) // _TOP_16).astype(np.uint8)
        return fit_array(narrow, shape)


def _load(content: bytes, limits: IngestSettings, target_shape: Shape | None) -> tuple[Image.Image, int, int]:
    """The upright picture, and height and width as the file has them."""
    max_side = None if target_shape is None else _DRAFT_MARGIN * max(target_shape.height, target_shape.width)
    max_pixels = limits.max_image_pixels if max_side is None else min(limits.max_image_pixels, 4 * max_side**2)
    plain = plain_jpeg(content, max_pixels)
    if plain is not None:
        return plain, plain.height, plain.width
    picture: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
    width, height = picture.size
    if width * height > limits.max_image_pixels:
        raise _too_many_pixels(limits)
    if max_side is not None and min(height, width) >= 2 * max_side:
        picture.draft(None, (max_side, max_side))
    picture.load()
    if picture.format in _ROTATED_ITSELF:
        return picture, picture.height, picture.width
    if "exif" in picture.info or "xmp" in picture.info or "XML:com.adobe.xmp" in picture.info:
        before = picture.size
        picture = _upright(picture)
        if picture.size != before:
            width, height = height, width
    return picture, height, width


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # whatever is wrong with the note that says how it was held, the picture is there
        return picture


def _kind(picture: Image.Image) -> Kind:
    mode = picture.mode
    if mode == "F" or (mode == "I" and not _is_16_bit(picture)):
        raise UnusableImageError("pixels of 32 bits, which have no common range; expected 8 or 16")
    if picture.info.get("transparency") is not None and mode in ("1", "L", "P", "RGB"):
        return Kind.ALPHA
    if mode == "P":
        return Kind.GREY if _has_grey_palette(picture) else Kind.COLOUR
    return _KINDS.get(mode, Kind.COLOUR)


def _is_16_bit(picture: Image.Image) -> bool:
    low, high = picture.getextrema()
    return isinstance(low, int | float) and isinstance(high, int | float) and low >= 0 and high <= _TOP_16


def _has_grey_palette(picture: Image.Image) -> bool:
    palette = picture.getpalette("RGB") or []
    return palette[0::3] == palette[1::3] == palette[2::3]


def _too_many_pixels(limits: IngestSettings) -> UnusableImageError:
    limit = f"{limits.max_image_pixels} ({variable_of('max_image_pixels')})"
    return UnusableImageError(f"more pixels than {limit}")
