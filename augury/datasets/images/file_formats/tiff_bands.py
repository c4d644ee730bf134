"""TIFFs with bands that Pillow would drop or halve: 16-bit colour, infrared beside red, green and blue.

The packed bytes are unpacked by Pillow and libtiff, as those of a grey image: a row of W pixels with B bands is a row
of W times B grey pixels, and a separate plane is a grey image of its own. A small directory that says so is put behind
the file's bytes. Differences between neighbours (the predictor) are added up here, as their step is B.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from augury.datasets.images.file_formats import tiff_layout as tiff
from augury.datasets.images.file_formats.tiff_layout import TiffForm, TiffLayout
from augury.datasets.images.opacity import divide

MAX_BANDS = 64
MAX_KEPT = 4
"""Grey, or three colours and one more."""
Pixels = npt.NDArray[Any]
_UNPACKED = frozenset({1, 5, 8, 32946, 32773})
"""None, LZW, Deflate under both its numbers, PackBits: bytes that do not depend on what they mean."""
_BLACK_IS_ZERO, _RGB = 1, 2
_CHUNKY, _SEPARATE = 1, 2
_NO_PREDICTOR, _DIFFERENCES = 1, 2
_SHORT, _LONG = 3, 4
_CLASSIC = 42
_KEPT_AS_THEY_ARE = (tiff.LENGTH, tiff.COMPRESSION, tiff.ROWS_PER_STRIP, tiff.TILE_LENGTH)


def needs_bands(layout: TiffLayout) -> bool:
    """Whether a TIFF is read here: several bands, of 16 bits or otherwise unlike what Pillow reads."""
    bits, bands = set(layout.tags.get(tiff.BITS, (1,))), layout.bands
    is_plain = (
        bits <= {8, 16}
        and len(bits) == 1
        and 2 <= bands <= MAX_BANDS
        and set(layout.tags.get(tiff.SAMPLE_FORMAT, (1,))) == {1}
        and layout.number(tiff.PHOTOMETRIC, -1) in (_BLACK_IS_ZERO, _RGB)
        and layout.number(tiff.COMPRESSION, 1) in _UNPACKED
        and layout.number(tiff.FILL_ORDER, 1) == 1
        and layout.number(tiff.PREDICTOR, _NO_PREDICTOR) in (_NO_PREDICTOR, _DIFFERENCES)
        and layout.number(tiff.PLANAR, _CHUNKY) in (_CHUNKY, _SEPARATE)
    )
    is_beyond_pillow = (
        (bands > layout.colours and (not layout.has_opacity or layout.has_associated_opacity))
        or bands > layout.colours + 1
        or (bands >= 3 and layout.number(tiff.PHOTOMETRIC, -1) == _BLACK_IS_ZERO)
        or layout.number(tiff.PLANAR, _CHUNKY) == _SEPARATE
        or (layout.form.is_big and layout.form.order == ">")
    )
    return is_plain and (bits == {16} or is_beyond_pillow)


def read_bands(content: bytes, layout: TiffLayout) -> Pixels:
    """``[H, W, B]`` uint8 or uint16, at most four bands, as the file has them: not turned upright.

    The caller has seen that there are not too many pixels; whatever Pillow raises is raised.
    """
    kept = min(layout.bands, layout.colours + 1, MAX_KEPT)
    if layout.number(tiff.PLANAR, _CHUNKY) == _CHUNKY:
        pixels = _grey(content, layout, range(1), layout.bands)[..., :kept]
    else:
        pixels = np.concatenate([_grey(content, layout, range(band, band + 1), 1) for band in range(kept)], axis=-1)
    if not layout.has_associated_opacity:
        return pixels
    top = int(np.iinfo(pixels.dtype).max)
    wide = pixels if kept == MAX_KEPT else pixels[..., [0, 0, 0, 1]]
    straight: Pixels = np.rint(np.clip(divide(wide.astype(np.float64), top), 0, top)).astype(pixels.dtype)
    return straight if kept == MAX_KEPT else straight[..., [0, 3]]


def _grey(content: bytes, layout: TiffLayout, planes: range, bands: int) -> Pixels:
    """``[H, W, bands]`` of the one plane that these strips or tiles hold."""
    width, length = layout.number(tiff.WIDTH, 0), layout.number(tiff.LENGTH, 0)
    tags = {tag: layout.tags[tag] for tag in _KEPT_AS_THEY_ARE if tag in layout.tags}
    tags |= {tiff.WIDTH: (width * bands,), tiff.BITS: layout.tags[tiff.BITS][:1], tiff.BANDS: (1,)}
    tags |= {tiff.PHOTOMETRIC: (_BLACK_IS_ZERO,)}
    if tiff.TILE_WIDTH in layout.tags:
        tags[tiff.TILE_WIDTH] = (layout.number(tiff.TILE_WIDTH, 0) * bands,)
    for tag in (tiff.STRIP_OFFSETS, tiff.STRIP_BYTES, tiff.TILE_OFFSETS, tiff.TILE_BYTES):
        if tag in layout.tags:
            values = layout.tags[tag]
            each = len(values) if bands > 1 else len(values) // layout.bands
            tags[tag] = values[planes.start * each : planes.stop * each]
    picture = _open_grey(_relabelled(content, layout.form, tags), width * bands * length)
    pixels = np.asarray(picture).reshape(length, width, bands)
    pixels = pixels.astype(np.uint16 if pixels.dtype.itemsize == 2 else np.uint8)
    if layout.number(tiff.PREDICTOR, _NO_PREDICTOR) == _DIFFERENCES:
        step = layout.number(tiff.TILE_WIDTH, width)
        for start in range(0, width, step):
            part = pixels[:, start : start + step]
            np.cumsum(part, axis=1, dtype=pixels.dtype, out=part)  # differences are modulo the type's range
    return pixels


def _open_grey(content: bytes, pixels: int) -> Image.Image:
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = pixels  # the limit holds for pixels, and here each is several
    try:
        picture = Image.open(io.BytesIO(content), formats=("TIFF",))
        picture.load()
    finally:
        Image.MAX_IMAGE_PIXELS = before
    return picture


def _relabelled(content: bytes, form: TiffForm, tags: Mapping[int, Sequence[int]]) -> bytes:
    """The file with another first directory, behind all its bytes; in classic form, as it is smaller than 4 GiB."""
    form = replace(form, is_big=False)
    start = len(content) + len(content) % 2
    values_start = start + form.count.size + len(tags) * form.entry.size + form.offset.size
    entries, values = b"", b""
    for tag in sorted(tags):
        is_short = tag in (tiff.BITS, tiff.COMPRESSION, tiff.PHOTOMETRIC, tiff.BANDS)
        kind, code = (_SHORT, "H") if is_short else (_LONG, "L")
        packed = struct.pack(f"{form.order}{len(tags[tag])}{code}", *tags[tag])
        field = packed if len(packed) <= form.offset.size else form.offset.pack(values_start + len(values))
        values += b"" if len(packed) <= form.offset.size else packed
        entries += form.entry.pack(tag, kind, len(tags[tag]), field)
    header = content[:2] + struct.pack(form.order + "H", _CLASSIC) + form.offset.pack(start)
    directory = form.count.pack(len(tags)) + entries + form.offset.pack(0) + values
    return header + content[len(header) :] + bytes(start - len(content)) + directory
