"""What images look like in their files, and the one shape that they are brought into."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.references import ImageOptions
from augury.datasets.errors import DatasetError

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


@dataclass(frozen=True)
class Shape:
    """Of all images of a snapshot."""

    height: int
    width: int
    channels: int
    dtype: np.dtype[np.generic]
    crop: bool = False
    """Whether the largest centred part of the requested aspect ratio is taken before resizing."""

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

    def __init__(self, kinds: npt.NDArray[np.uint8], sizes: npt.NDArray[np.int32]) -> None:
        self.kinds = kinds
        """``[N]``, values of Kind."""
        self.sizes = sizes
        """``[N, 2]``: height and width in the file, upright."""

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

        16 bits are kept where all images are grey and have them; with others among them they become 8.

        Raises:
            DatasetError: ``images.sizes_differ``.
        """
        decoded = self.decoded_indices()
        kinds = self.kinds[decoded]
        sizes = self.sizes[decoded]
        height, width = options.image_size or self._one_size(sizes, 0.0 if is_guess else _DOMINANT_SHARE)
        dtype = np.dtype(np.uint16 if (kinds == Kind.GREY_16).all() else np.uint8)
        return Shape(height, width, CHANNELS[options.color_mode or _color_mode(kinds)], dtype, options.resize == "crop")

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


def _color_mode(kinds: npt.NDArray[np.uint8]) -> str:
    if (kinds == Kind.ALPHA).all():
        return "rgba"
    return "grayscale" if np.isin(kinds, (Kind.GREY, Kind.GREY_16)).all() else "rgb"
