"""Encoded images on their way into a snapshot: decoded by all cores, brought into one shape, written, measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.references import ImageOptions
from augury.datasets.errors import DatasetError
from augury.datasets.images.decoder import Decoded, UnusableImageError, prepare_decoder
from augury.datasets.images.decoder_pool import DecoderPool, Indices
from augury.datasets.images.findings import notes_of
from augury.datasets.images.pixel_file import PixelFile
from augury.datasets.images.statistics import BlockMeasures, ImageMeasures
from augury.datasets.images.target_shape import Kind, Shape, SourceFormats
from augury.datasets.labelled_images import EncodedImages, SkippedFiles
from augury.datasets.protocol import Report
from augury.datasets.settings import IngestSettings

_SURVEYED = 32
_BLOCK_BYTES, _BLOCK_IMAGES = 1 << 21, 256
_REASONS = {"file.too_large": "too many bytes for an image", "file.unreadable": "cannot be read"}


@dataclass(frozen=True)
class StoredImages:
    """Pixels in a file, and what is known of them."""

    pixels: PixelFile
    kept: npt.NDArray[np.intp]
    """Indices in the listing of the images that are in the file, in its order."""
    measures: ImageMeasures
    """Of every image in the listing; true of those that were kept."""
    whole: BlockMeasures
    sizes: dict[str, int]
    notes: list[str]
    """What a person should know of how the images were brought into one shape, in sentences."""


@dataclass(frozen=True)
class _Result:
    unusable: list[tuple[int, str]]
    measures: BlockMeasures | None


class ImageFiles:
    """The encoded images of a listing, while they are written."""

    def __init__(
        self, encoded: EncodedImages, names: int, options: ImageOptions, limits: IngestSettings, report: Report
    ) -> None:
        self._encoded, self._images, self._options = encoded, names, options
        self._limits, self._report = limits, report
        self._source_formats = SourceFormats(names)
        self._measures = ImageMeasures(names)
        self._unusable: dict[int, str] = {}

    def write(self, path: Path, names: list[str], skipped: SkippedFiles) -> StoredImages:
        """Write all images that can be decoded to *path*; others are counted as skipped.

        Few images are looked at first, and the shape that suits these is taken for all; only where it turns out that
        it does not suit them, they are decoded once more.

        Raises:
            DatasetError: ``images.none``, ``images.sizes_differ``, ``snapshot.too_large``, ``disk.full``.
        """
        self._survey()
        shape = self._suitable(is_guess=True)
        while True:
            pixels, whole = self._decode(path, shape)
            suitable = self._suitable()
            if suitable == shape:
                break
            shape = suitable
        for index in sorted(self._unusable):
            skipped.add(self._unusable[index], names[index])
        kept = self._source_formats.decoded_indices()
        pixels.keep(kept)
        sizes, notes = dict(self._source_formats.count_sizes()), notes_of(self._source_formats, shape, self._options)
        return StoredImages(pixels, kept, self._measures, whole, sizes, notes)

    def _suitable(self, *, is_guess: bool = False) -> Shape:
        if not self._source_formats.kinds.any():
            reasons = SkippedFiles()
            for index, reason in self._unusable.items():
                reasons.add(reason, str(index))
            listed = "; ".join(f"{skipped.count} x {skipped.reason}" for skipped in reasons.summary())
            raise DatasetError("images.none", f"none of the {len(self._unusable)} images looked at is usable: {listed}")
        return self._source_formats.shape(self._options, is_guess=is_guess)

    def _survey(self) -> None:
        """Look at a few images from all parts of the listing, or at all where none of these is usable."""
        few = np.unique(np.linspace(0, self._images - 1, _SURVEYED, dtype=np.intp))
        for indices in (few, np.arange(self._images, dtype=np.intp)):
            self._pool(self._look, "looking at images", len(indices)).run(
                np.array_split(indices, -(-len(indices) // 8))
            )
            if self._source_formats.kinds.any():
                return

    def _decode(self, path: Path, shape: Shape) -> tuple[PixelFile, BlockMeasures]:
        pixels = PixelFile(path, self._images, shape, self._limits)
        self._source_formats.kinds[:] = Kind.NONE
        self._unusable.clear()
        blocks: dict[int, BlockMeasures] = {}

        def work(block: Indices, turn_to: Callable[[int], None]) -> _Result:
            return self._write_block(pixels, block, turn_to)

        self._pool(work, "decoding", self._images, blocks).run(_blocks(self._images, shape))
        ordered = [blocks[first] for first in sorted(blocks)]
        if not ordered:
            self._suitable()
        whole = ordered[0]
        for more in ordered[1:]:
            whole = whole.with_more(more)
        return pixels, whole

    def _pool(
        self,
        work: Callable[[Indices, Callable[[int], None]], _Result],
        step: str,
        total: int,
        blocks: dict[int, BlockMeasures] | None = None,
    ) -> DecoderPool:
        done = 0

        def finished(block: Indices, result: _Result) -> None:
            nonlocal done
            done += len(block)
            self._unusable.update(result.unusable)
            if blocks is not None and result.measures is not None:
                blocks[int(block[0])] = result.measures

        def lost(index: int, reason: str) -> None:
            self._source_formats.kinds[index] = Kind.NONE
            self._unusable[index] = reason

        return DecoderPool(work, finished, lost, lambda: self._report(step, done, total), self._limits)

    def _look(self, block: Indices, turn_to: Callable[[int], None]) -> _Result:
        prepare_decoder(self._limits)
        unusable = []
        for index in block.tolist():
            turn_to(index)
            try:
                self._decode_one(index, None)
            except UnusableImageError as error:
                unusable.append((index, str(error)))
        return _Result(unusable, None)

    def _write_block(self, pixels: PixelFile, block: Indices, turn_to: Callable[[int], None]) -> _Result:
        prepare_decoder(self._limits)
        rows = np.empty((len(block), *pixels.shape.array_shape), dtype=pixels.shape.dtype)
        good: list[int] = []
        unusable: list[tuple[int, str]] = []
        for index in block.tolist():
            turn_to(index)
            try:
                rows[len(good)] = self._decode_one(index, pixels.shape).pixels(pixels.shape)
                good.append(index)
            except UnusableImageError as error:
                self._source_formats.kinds[index] = Kind.NONE
                unusable.append((index, str(error)))
        indices = np.array(good, dtype=np.intp)
        start = 0
        for run in np.split(indices, np.flatnonzero(np.diff(indices) != 1) + 1) if good else []:
            pixels.write(int(run[0]), rows[start : start + len(run)])
            start += len(run)
        return _Result(unusable, self._measures.note(indices, rows[: len(good)]) if good else None)

    def _decode_one(self, index: int, target_shape: Shape | None) -> Decoded:
        try:
            content = self._encoded.read(index)
        except DatasetError as error:
            if error.rule.startswith("file."):
                raise UnusableImageError(_REASONS.get(error.rule, "cannot be read")) from error
            raise
        decoded = Decoded(content, self._limits, target_shape)
        self._source_formats.sizes[index] = decoded.height, decoded.width
        self._source_formats.kinds[index] = decoded.kind
        self._source_formats.findings[index] = decoded.finding
        self._source_formats.further_frames[index] = decoded.further_frames
        return decoded


def _blocks(images: int, shape: Shape) -> list[Indices]:
    length = max(1, min(_BLOCK_IMAGES, _BLOCK_BYTES // shape.image_bytes))
    return np.split(np.arange(images, dtype=np.intp), range(length, images, length))
