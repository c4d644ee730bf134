"""What images look like in their files, and the one shape that they are brought into."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.references import ImageOptions
from augury.datasets.errors import DatasetError
from augury.datasets.images.decoder_pool import shared_array
from augury.datasets.images.opacity import WHITE, Colour, background_of

_MAX_SIZES_LISTED = 10
_DOMINANT_SHARE = 0.99
"""A few images of other sizes are resized to the one that all others have (docs/decisions/0009)."""
CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


class Kind(IntEnum):
    """What an image's file holds, told by its mode and not by its pixels."""

    NONE = 0
    """Not decoded, or not decodable."""
    GREY = 1
    GREY_16 = 2
    COLOUR = 3
    ALPHA = 4
    """Grey or colour with transparency."""
    COLOUR_16 = 5
    ALPHA_16 = 6
    BANDS = 7
    """Three colours and a fourth band, which the file does not call opacity."""
    BANDS_16 = 8


GREY = frozenset({Kind.GREY, Kind.GREY_16})
CLEAR = frozenset({Kind.ALPHA, Kind.ALPHA_16})
BANDED = frozenset({Kind.BANDS, Kind.BANDS_16})
DEEP = frozenset({Kind.GREY_16, Kind.COLOUR_16, Kind.ALPHA_16, Kind.BANDS_16})


@dataclass(frozen=True)
class Shape:
    """Of all images of a snapshot."""

    height: int
    width: int
    channels: int
    dtype: np.dtype[np.generic]
    crop: bool = False
    """Whether the largest centred part of the requested aspect ratio is taken before resizing."""
    background: Colour = WHITE
    """On which transparent images are laid where there is no channel for their opacity."""

    @property
    def array_shape(self) -> tuple[int, int, int]:
        """``(height, width, channels)``."""
        return self.height, self.width, self.channels

    @property
    def image_bytes(self) -> int:
        """Of one image."""
        return self.height * self.width * self.channels * self.dtype.itemsize


class SourceFormats:
    """Kind and size of every image of a listing, in memory that decoding processes share with this one."""

    def __init__(self, images: int) -> None:
        self.kinds = shared_array((images,), np.uint8)
        """``[N]``, values of Kind."""
        self.sizes = shared_array((images, 2), np.int32)
        """``[N, 2]``: height and width in the file, upright."""
        self.findings = shared_array((images,), np.uint8)
        """``[N]``, values of Finding."""
        self.further_frames = shared_array((images,), np.int32)
        """``[N]``: pages, frames or pictures in the file beyond the first."""

    def decoded_indices(self) -> npt.NDArray[np.intp]:
        """The indices of images that could be decoded."""
        return np.flatnonzero(self.kinds)

    def count_sizes(self) -> Counter[str]:
        """Images by ``heightxwidth``."""
        distinct, counts = np.unique(self.sizes[self.decoded_indices()], axis=0, return_counts=True)
        return Counter({f"{height}x{width}": int(n) for (height, width), n in zip(distinct, counts, strict=True)})

    def shape(self, options: ImageOptions, *, is_guess: bool = False) -> Shape:
        """The shape that suits all images that could be decoded, of which there is at least one.

        Without a requested size it is the one that they all have, or all but one in a hundred; a guess from few images
        takes the most frequent one.

        16 bits are kept where all images have them; with others among them they become 8.

        Raises:
            DatasetError: ``images.sizes_differ``.
        """
        decoded = self.decoded_indices()
        kinds = self.kinds[decoded]
        sizes = self.sizes[decoded]
        height, width = options.image_size or self._one_size(sizes, 0.0 if is_guess else _DOMINANT_SHARE)
        dtype = np.dtype(np.uint16 if np.isin(kinds, list(DEEP)).all() else np.uint8)
        channels = CHANNELS[options.color_mode or _color_mode(kinds, is_laid=options.background is not None)]
        return Shape(height, width, channels, dtype, options.resize == "crop", background_of(options))

    def _one_size(self, sizes: npt.NDArray[np.int32], min_share: float) -> tuple[int, int]:
        distinct, counted = np.unique(sizes, axis=0, return_counts=True)
        commonest = int(counted.argmax())
        if counted[commonest] < min_share * len(sizes):
            counts = self.count_sizes()
            listed = ", ".join(f"{count} of {size}" for size, count in counts.most_common(_MAX_SIZES_LISTED))
            more = f" and {len(counts) - _MAX_SIZES_LISTED} more sizes" if len(counts) > _MAX_SIZES_LISTED else ""
            message = (
                f"the images have different sizes (height x width): {listed}{more}; give image_size, "
                "[height, width], and they are resized"
            )
            raise DatasetError("images.sizes_differ", message)
        return int(distinct[commonest, 0]), int(distinct[commonest, 1])


def _color_mode(kinds: npt.NDArray[np.uint8], *, is_laid: bool) -> str:
    """*is_laid*: a background is given, so transparency is not to be kept."""
    if np.isin(kinds, list(BANDED)).all() or (np.isin(kinds, list(CLEAR)).all() and not is_laid):
        return "rgba"
    return "grayscale" if np.isin(kinds, list(GREY)).all() else "rgb"
