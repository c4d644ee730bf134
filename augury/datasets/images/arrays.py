"""Images that are arrays already, on their way into a snapshot: types, channels and sizes brought into one form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.references import ImageOptions
from augury.datasets.errors import DatasetError
from augury.datasets.images.encoded import StoredImages
from augury.datasets.images.findings import laid_note
from augury.datasets.images.opacity import background_of
from augury.datasets.images.pixel_file import PixelFile
from augury.datasets.images.resize import fit_array
from augury.datasets.images.statistics import BlockMeasures, ImageMeasures
from augury.datasets.images.target_shape import CHANNELS, Shape
from augury.datasets.labelled_images import ArrayImages
from augury.datasets.protocol import Report
from augury.datasets.settings import IngestSettings, variable_of

Pixels = npt.NDArray[Any]
Cast = Callable[[Pixels], Pixels]
_BLOCK_BYTES = 8 << 20
_MODES = {channels: mode for mode, channels in CHANNELS.items()}


def write_arrays(
    arrays: ArrayImages, path: Path, options: ImageOptions, limits: IngestSettings, report: Report
) -> StoredImages:
    """Write images ``[N, H, W]`` or ``[N, H, W, C]`` of any real type to *path*.

    uint8 and uint16 stay; other integers become the smaller of these that holds their range; booleans become 0 and
    255; all floats become float32 and must be finite.

    Raises:
        DatasetError: ``array.*``, ``images.none``, ``images.too_large``, ``snapshot.too_large``, ``disk.full``.
    """
    pixels = _with_channel_axis(np.asarray(arrays.pixels))  # a memory map's own class is slow to slice
    rows = np.arange(len(pixels), dtype=np.intp) if arrays.rows is None else arrays.rows
    if len(rows) == 0:
        raise DatasetError("images.none", "the array has no images")
    height, width, channels = pixels.shape[1:]
    _require_few_pixels(height, width, limits)
    dtype, cast = _stored_type(pixels, rows, report)
    target_height, target_width = options.image_size or (height, width)
    is_laid = channels == 4 and options.background is not None and options.color_mode != "rgba"
    target_channels = CHANNELS[options.color_mode or ("rgb" if is_laid else _MODES[channels])]
    _require_opaque_value(dtype, channels, target_channels, is_laid)
    is_cropped = options.resize == "crop"
    shape = Shape(target_height, target_width, target_channels, dtype, is_cropped, background_of(options))
    pixel_file = PixelFile(path, len(rows), shape, limits)
    measures, whole = ImageMeasures(len(rows)), list[BlockMeasures]()
    for start, block in _blocks(pixels, rows, report, "storing"):
        stored = cast(block)
        if dtype.kind == "f":
            _require_finite(stored, start)
        if stored.shape[1:] != shape.array_shape:
            stored = np.stack([fit_array(image, shape, has_opacity=is_laid) for image in stored])
        pixel_file.write(start, stored)
        one = measures.note(np.arange(start, start + len(block)), stored)
        whole = [whole[0].with_more(one) if whole else one]
    kept, sizes = np.arange(len(rows), dtype=np.intp), {f"{height}x{width}": len(rows)}
    notes = _notes(len(rows), channels, target_channels, options)
    return StoredImages(pixel_file, kept, measures, whole[0], sizes, notes)


def _with_channel_axis(pixels: Pixels) -> Pixels:
    if pixels.ndim == 3:
        pixels = pixels[..., np.newaxis]
    if pixels.ndim != 4 or 0 in pixels.shape[1:]:
        message = f"got an array of the shape {pixels.shape}; expected [images, height, width] or [..., channels]"
        raise DatasetError("array.shape", message)
    if pixels.shape[-1] not in _MODES:
        hint = ": this looks like channels first; store np.moveaxis(images, 1, -1)" if pixels.shape[1] in _MODES else ""
        message = f"got {pixels.shape[-1]} channels on the last axis of {pixels.shape}; expected 1, 3 or 4{hint}"
        raise DatasetError("array.channels", message)
    return pixels


def _require_few_pixels(height: int, width: int, limits: IngestSettings) -> None:
    if height * width > limits.max_image_pixels:
        max_pixels, variable = limits.max_image_pixels, variable_of("max_image_pixels")
        message = f"the images have {height}x{width} pixels; at most {max_pixels} are allowed ({variable})"
        raise DatasetError("images.too_large", message)


def _require_opaque_value(dtype: np.dtype[Any], channels: int, target_channels: int, is_laid: bool) -> None:
    if dtype.kind != "f":
        return
    if is_laid:
        message = "a background is given, but floats have no value that means opaque; lay the images on it yourself"
        raise DatasetError("array.color_mode", message)
    if target_channels == CHANNELS["rgba"] != channels:
        message = "color_mode is 'rgba', but floats have no value that means opaque; expected 'rgb' or 'grayscale'"
        raise DatasetError("array.color_mode", message)


def _notes(images: int, channels: int, target_channels: int, options: ImageOptions) -> list[str]:
    """What became of channels that are not stored, in sentences. Arrays do not say that a fourth is opacity."""
    if channels == 4 > target_channels:
        if options.background is not None:
            return [laid_note(images, options)]
        return [
            "the fourth channel was dropped, as color_mode asks; if it is opacity, give a background, and the images "
            "are laid on it"
        ]
    return [f"{images} images have colours, and became grey as color_mode asks"] if target_channels < channels else []


def _stored_type(pixels: Pixels, rows: npt.NDArray[np.intp], report: Report) -> tuple[np.dtype[Any], Cast]:
    """The type of the stored pixels, and how they are brought into it."""
    kind = pixels.dtype.kind
    if kind == "b":
        return np.dtype(np.uint8), lambda block: block.astype(np.uint8) * np.uint8(255)
    if kind == "f":
        return np.dtype(np.float32), _as_float
    if kind not in "ui":
        message = f"got pixels of the type {pixels.dtype}; expected integers, floats or booleans"
        raise DatasetError("array.dtype", message)
    if kind == "u" and pixels.dtype.itemsize <= 2:
        dtype = np.dtype(pixels.dtype.newbyteorder("="))
    else:
        dtype = _smallest_type(pixels, rows, report)
    return dtype, lambda block: block.astype(dtype, copy=False)


def _as_float(block: Pixels) -> Pixels:
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
        return block.astype(np.float32, copy=False)


def _smallest_type(pixels: Pixels, rows: npt.NDArray[np.intp], report: Report) -> np.dtype[Any]:
    low, high = 0, 0
    for _, block in _blocks(pixels, rows, report, "looking at images"):
        low, high = min(low, int(block.min())), max(high, int(block.max()))
    if low < 0 or high > np.iinfo(np.uint16).max:
        message = f"got {pixels.dtype} pixels from {low} to {high}; expected integers from 0 to 255 or 65535, or floats"
        raise DatasetError("array.range", message)
    return np.dtype(np.uint8 if high <= np.iinfo(np.uint8).max else np.uint16)


def _require_finite(block: Pixels, start: int) -> None:
    finite = np.isfinite(block).reshape(len(block), -1).all(axis=1)
    if not finite.all():
        index = start + int(np.flatnonzero(~finite)[0])
        message = f"image {index} has pixels that are infinite, not a number, or too large for 32-bit floats"
        raise DatasetError("array.not_finite", message)


def _blocks(pixels: Pixels, rows: npt.NDArray[np.intp], report: Report, step: str) -> Iterator[tuple[int, Pixels]]:
    """Where a block begins, and its images; a copy where *rows* are not neighbours."""
    length = max(1, _BLOCK_BYTES // max(1, pixels[0].nbytes))
    for start in range(0, len(rows), length):
        report(step, start, len(rows))
        chosen = rows[start : start + length]
        are_neighbours = len(chosen) == 1 or bool((np.diff(chosen) == 1).all())
        yield start, pixels[chosen[0] : chosen[0] + len(chosen)] if are_neighbours else pixels[chosen]
    report(step, len(rows), len(rows))
