"""From an image file's bytes to pixels, with the care that bytes of strangers need.

An image that decodes is an image: what trails its data, as in files that are two things at once, is never looked at,
executed or stored.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from augury.datasets.images.file_formats.deep_png import is_deep, read_deep
from augury.datasets.images.file_formats.fast_jpeg import plain_jpeg
from augury.datasets.images.file_formats.frames import further_frames
from augury.datasets.images.file_formats.tiff_bands import needs_bands, read_bands
from augury.datasets.images.file_formats.tiff_layout import BITS, LENGTH, ORIENTATION, WIDTH, TiffLayout, read_layout
from augury.datasets.images.findings import Finding
from augury.datasets.images.resize import fit_array, fit_picture, turn_upright
from augury.datasets.images.target_shape import CLEAR, Kind, Shape
from augury.datasets.settings import IngestSettings, variable_of

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")
_ROTATED_ITSELF = frozenset({"TIFF"})  # Pillow turns these upright while it loads them
_GREY_16 = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I"})
_KINDS = {"1": Kind.GREY, "L": Kind.GREY, "LA": Kind.ALPHA, "La": Kind.ALPHA, "PA": Kind.ALPHA, "RGBA": Kind.ALPHA}
_KINDS |= {"RGBa": Kind.ALPHA} | dict.fromkeys(_GREY_16, Kind.GREY_16)
_CONVERTED = {"La": "LA", "RGBa": "RGBA", "PA": "RGBA", "RGBX": "RGB"}
_CONVERTED |= dict.fromkeys(("CMYK", "LAB", "YCbCr", "HSV"), "RGB")
"""Modes that hold more, or something else, than grey or colours with or without opacity, and what becomes of them."""
_FINDINGS = {"P": Finding.PALETTE, "PA": Finding.PALETTE, "CMYK": Finding.PRINT}
_FINDINGS |= dict.fromkeys(("LAB", "YCbCr", "HSV"), Finding.OTHER_COLOURS)
_ARRAY_KINDS = {
    (1, False, False): Kind.GREY, (1, False, True): Kind.GREY_16, (1, True, True): Kind.GREY_16,
    (3, False, False): Kind.COLOUR, (3, False, True): Kind.COLOUR_16, (3, True, True): Kind.COLOUR_16,
    (4, False, False): Kind.BANDS, (4, False, True): Kind.BANDS_16,
    (4, True, False): Kind.ALPHA, (4, True, True): Kind.ALPHA_16,
}  # fmt: skip
"""By channels, whether a fourth is opacity, and whether they have 16 bits."""
_DRAFT_MARGIN = 2  # a JPEG is never decoded at less than twice the size that is asked for
_TOP_16 = 0xFFFF
_MAX_BANDS_OF_FULL_SIZE = 8  # an image with more of them may have the fewer pixels

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
            self._loaded = _load(content, limits, target_shape)
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
        self.height, self.width = self._loaded.height, self._loaded.width
        self.kind = self._loaded.kind
        self.finding, self.further_frames = self._loaded.finding, self._loaded.further_frames

    def pixels(self, shape: Shape) -> Pixels:
        """The image in that shape, ``[H, W, C]``; laid on its background where it has no channel for opacity."""
        source, has_opacity = self._loaded.source, self.kind in CLEAR
        if isinstance(source, Image.Image):
            if self.kind != Kind.GREY_16:
                return fit_picture(source, shape, has_opacity=has_opacity)
            source = np.asarray(source).astype(np.uint16)[..., np.newaxis]
        if shape.dtype == np.uint8 and source.dtype == np.uint16:
            source = ((source.astype(np.uint32) * 255 + _TOP_16 // 2) // _TOP_16).astype(np.uint8)
        return fit_array(source, shape, has_opacity=has_opacity)


@dataclass(frozen=True, slots=True)
class _Loaded:
    source: Image.Image | Pixels
    """Upright: a picture, or ``[H, W, C]`` where Pillow has no mode for it."""
    kind: Kind
    height: int
    """Of the whole image; a picture may have been reduced while it was decoded."""
    width: int
    finding: Finding = Finding.NOTHING
    further_frames: int = 0


def _load(content: bytes, limits: IngestSettings, target_shape: Shape | None) -> _Loaded:
    max_side = None if target_shape is None else _DRAFT_MARGIN * max(target_shape.height, target_shape.width)
    max_pixels = limits.max_image_pixels if max_side is None else min(limits.max_image_pixels, 4 * max_side**2)
    plain = plain_jpeg(content, max_pixels)
    if plain is not None:
        return _Loaded(plain, _KINDS.get(plain.mode, Kind.COLOUR), plain.height, plain.width)
    layout = read_layout(content)
    if layout is not None and needs_bands(layout):
        return _load_bands(content, layout, limits)
    picture: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
    width, height = picture.size
    if width * height > limits.max_image_pixels:
        raise _too_many_pixels(limits)
    further = layout.further_pages if layout is not None else further_frames(picture, content)
    if picture.format == "PNG" and is_deep(picture):
        deep = turn_upright(read_deep(picture, content), _orientation(picture))
        height, width, channels = deep.shape
        return _Loaded(deep, _ARRAY_KINDS[channels, True, True], height, width, further_frames=further)
    if max_side is not None and min(height, width) >= 2 * max_side:
        picture.draft(None, (max_side, max_side))
    picture.load()
    finding, form = _finding(picture, layout), picture.format
    if picture.mode in _CONVERTED:
        picture = picture.convert(_CONVERTED[picture.mode])
    if form in _ROTATED_ITSELF:
        if picture.mode == "RGBA" and layout is not None and not layout.has_opacity:
            return _Loaded(np.array(picture), Kind.BANDS, picture.height, picture.width, finding, further)
        return _Loaded(picture, _kind(picture), picture.height, picture.width, finding, further)
    if "exif" in picture.info or "xmp" in picture.info or "XML:com.adobe.xmp" in picture.info:
        before = picture.size
        picture = _upright(picture)
        if picture.size != before:
            width, height = height, width
    return _Loaded(picture, _kind(picture), height, width, finding, further)


def _load_bands(content: bytes, layout: TiffLayout, limits: IngestSettings) -> _Loaded:
    """A TIFF whose bands Pillow would not hand over as they are."""
    area = layout.number(WIDTH, 0) * layout.number(LENGTH, 0)
    if not 0 < area * max(1, layout.bands / _MAX_BANDS_OF_FULL_SIZE) <= limits.max_image_pixels:
        raise _too_many_pixels(limits)
    pixels = turn_upright(read_bands(content, layout), layout.number(ORIENTATION, 1))
    finding = Finding.MORE_BANDS if layout.bands > layout.colours + 1 else Finding.NOTHING
    if pixels.shape[-1] == 2:
        if not layout.has_opacity:
            finding |= Finding.SECOND_BAND
        pixels = pixels[..., [0, 0, 0, 1]] if layout.has_opacity else pixels[..., :1]
    height, width, channels = pixels.shape
    kind = _ARRAY_KINDS[channels, layout.has_opacity, pixels.dtype == np.uint16]
    return _Loaded(pixels, kind, height, width, finding, layout.further_pages)


def _finding(picture: Image.Image, layout: TiffLayout | None) -> Finding:
    """What is lost or changed of a picture that Pillow has loaded."""
    finding = _FINDINGS.get(picture.mode, Finding.NOTHING)
    if layout is None or picture.mode.startswith("I"):
        return finding
    if max(layout.tags.get(BITS, (1,))) > 8 and picture.mode != "F":
        finding |= Finding.HALVED
    return finding | (Finding.MORE_BANDS if layout.bands > max(4, len(picture.getbands())) else Finding.NOTHING)


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except Exception:  # as in _upright
        return 1


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
