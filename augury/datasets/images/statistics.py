"""What can be told of pixels in one pass over them, block by block, while they are at hand."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.datasets.images.decoder_pool import shared_array

Pixels = npt.NDArray[Any]
_EXACT_IMAGES = 256  # so many 8-bit pixels add up within 16 bits, and their squares within 32
_CHUNK_VALUES = 1 << 20
_OUTLYING = 0.005
MAX_SAMPLED_VALUES = 1 << 22
_MAX_SAMPLED_BYTES = 1 << 28
_MIN_SAMPLED_IMAGES, _MAX_SAMPLED_IMAGES = 8, 10_000
_SCATTER = 7919  # a prime, so that the pixels looked at are others in every image


@dataclass(frozen=True)
class BlockMeasures:
    """Of one block: how many pixels, and per channel the smallest, the largest, mean and sum of squared deviations."""

    pixels: int
    low: float
    high: float
    mean: npt.NDArray[np.float64]
    squares: npt.NDArray[np.float64]

    def with_more(self, other: BlockMeasures) -> BlockMeasures:
        """Both blocks as one, by the pairwise update of Chan, Golub and LeVeque (1979)."""
        pixels = self.pixels + other.pixels
        apart = other.mean - self.mean
        return BlockMeasures(
            pixels,
            min(self.low, other.low),
            max(self.high, other.high),
            self.mean + apart * (other.pixels / pixels),
            self.squares + other.squares + apart**2 * (self.pixels * other.pixels / pixels),
        )


class ImageMeasures:
    """Of each image, in memory that decoding processes share with this one."""

    def __init__(self, images: int) -> None:
        self.spread = shared_array((images,), np.float32)
        """Largest minus smallest value within an image, of the channel where that is most."""
        self.checksum = shared_array((images,), np.uint32)
        """CRC-32 of the pixels: the same for copies, and for few others."""

    def note(self, indices: npt.NDArray[np.intp], block: Pixels) -> BlockMeasures:
        """Measure images ``[B, H, W, C]``, B at least one, and keep what is said of each."""
        lowest, highest = _extremes(block, np.minimum), _extremes(block, np.maximum)
        self.spread[indices] = (highest.astype(np.float64) - lowest).max(axis=-1)
        rows = block.reshape(len(block), -1)
        self.checksum[indices] = [zlib.crc32(row.data) for row in rows]
        chunks = _chunks_of_bytes(block) if block.dtype == np.uint8 else _chunks(block)
        measures: BlockMeasures | None = None
        for pixels, mean, squares in chunks:
            one = BlockMeasures(pixels, float(lowest.min()), float(highest.max()), mean, squares)
            measures = measures.with_more(one) if measures else one
        assert measures is not None
        return measures


def value_quantiles(image: Callable[[int], Pixels], images: int) -> tuple[float, float]:
    """The value that 1 in 200 lie below, and the one that 1 in 200 of those above it exceed.

    What lies at the bottom is left out of the second, since a background that covers all but a few pixels would
    otherwise make these few look like outliers. *image* gives the pixels ``[..., C]`` of one. Small sets are looked
    at whole; of larger ones up to ``MAX_SAMPLED_VALUES`` values, in images that are spread evenly.
    """
    size, itemsize = image(0).size, image(0).itemsize
    most = max(_MIN_SAMPLED_IMAGES, min(_MAX_SAMPLED_IMAGES, _MAX_SAMPLED_BYTES // (size * itemsize)))
    looked_at = np.unique(np.linspace(0, images - 1, min(images, most)).astype(np.intp)).tolist()
    stride = -(-len(looked_at) * size // MAX_SAMPLED_VALUES)
    values = np.concatenate([_scattered(image(index), stride, index) for index in looked_at])
    low = np.quantile(values, _OUTLYING, method="inverted_cdf")
    above = values[values > low]
    high = np.quantile(above, 1 - _OUTLYING, method="inverted_cdf") if len(above) else low
    return float(low), float(high)


def _scattered(pixels: Pixels, stride: int, index: int) -> Pixels:
    """Every so manieth pixel, all of its channels, beginning elsewhere in every image."""
    rows = pixels.reshape(-1, pixels.shape[-1])
    return rows[index * _SCATTER % min(stride, len(rows)) :: stride].reshape(-1)


def _extremes(block: Pixels, smaller: np.ufunc) -> Pixels:
    """Smallest or largest value of each image and channel, ``[B, C]``: halves are folded onto each other, which NumPy
    does many times as fast as a reduction over an inner axis."""
    values = block.reshape(len(block), -1, block.shape[-1])
    while (length := values.shape[1]) > 1:
        half = length // 2
        folded = smaller(values[:, :half], values[:, half : 2 * half])
        if length % 2:
            smaller(folded[:, 0], values[:, -1], out=folded[:, 0])
        values = folded
    return values[:, 0]


Chunk = tuple[int, npt.NDArray[np.float64], npt.NDArray[np.float64]]


def _chunks_of_bytes(block: Pixels) -> Iterator[Chunk]:
    """Pixels, mean and squared deviations of 8-bit images, from sums in integers."""
    channels = block.shape[-1]
    for start in range(0, len(block), _EXACT_IMAGES):
        rows = block[start : start + _EXACT_IMAGES].reshape(-1, block[0].size)
        sums = np.add.reduce(rows, axis=0, dtype=np.uint16).reshape(-1, channels).sum(axis=0, dtype=np.uint64)
        squares = np.zeros(rows.shape[1], dtype=np.uint32)
        for row in rows:
            squares += np.multiply(row, row, dtype=np.uint16)
        total = squares.reshape(-1, channels).sum(axis=0, dtype=np.uint64)
        pixels = rows.size // channels
        deviations = [int(square) - int(value) ** 2 / pixels for square, value in zip(total, sums, strict=True)]
        yield pixels, sums / pixels, np.array(deviations)


def _chunks(block: Pixels) -> Iterator[Chunk]:
    """The same of other images, in float64."""
    values = block.reshape(-1, block.shape[-1])
    length = max(1, _CHUNK_VALUES // block.shape[-1])
    for start in range(0, len(values), length):
        chunk = values[start : start + length].astype(np.float64)
        mean = chunk.mean(axis=0)
        yield len(chunk), mean, np.square(chunk - mean).sum(axis=0)
