"""What is augmented: specs, sizes, kinds of images and batches."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

SIZES = {
    "28x28x1": (28, 28, 1),
    "28x28x3": (28, 28, 3),
    "96x96x1": (96, 96, 1),
    "96x96x3": (96, 96, 3),
    "224x224x3": (224, 224, 3),
}
MEASURED_SIZES = ("28x28x1", "96x96x3", "224x224x3")
GREY_AND_RGB = (("28x28x1", "28x28x3"), ("28x28x1", "96x96x3"), ("96x96x1", "96x96x3"))
"""Sizes whose cost a pixel is compared."""
SPECS: dict[str, dict[str, Any]] = {
    "appropriate": {
        "rotation_range": 20,
        "width_shift_range": 0.1,
        "height_shift_range": 0.1,
        "horizontal_flip": True,
        "rescale": 1 / 255,
    },
    "over": {
        "rotation_range": 90,
        "width_shift_range": 0.5,
        "height_shift_range": 0.5,
        "shear_range": 0.5,
        "zoom_range": 0.5,
        "horizontal_flip": True,
    },
    "targeted": {
        "brightness_range": [0.8, 1.2],
        "channel_shift_range": 0.1,
        "samplewise_center": True,
        "samplewise_std_normalization": True,
    },
}
KINDS = ("uint8", "float32")
BATCHES = (32, 256)
FLOAT_BYTES = 4
_VALUES = 16_000_000
"""About so many in a case's images: more than the caches hold of floats, so that an epoch reads from memory."""


class Case(NamedTuple):
    """One spec, on images of one size and kind, in batches of so many."""

    spec: str
    size: str
    kind: str = "uint8"
    batch: int = 32

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of an image: height, width, channels."""
        return SIZES[self.size]

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of ImageDataGenerator."""
        return SPECS[self.spec]

    @property
    def pixels(self) -> int:
        """Positions of an image, whatever its channels."""
        return self.shape[0] * self.shape[1]

    @property
    def bytes_moved(self) -> int:
        """What must be read and written for one image: it as it comes, and as 32-bit floats."""
        return self.pixels * self.shape[2] * (np.dtype(self.kind).itemsize + FLOAT_BYTES)

    @property
    def image_count(self) -> int:
        """Images that there are: whole batches, and two at least."""
        batches = -(-_VALUES // (self.pixels * self.shape[2] * self.batch))
        return max(2, batches) * self.batch

    def images(self) -> npt.NDArray[Any]:
        """Random pixels from 0 to 255, ``[N, H, W, C]``."""
        random = np.random.default_rng(0)
        return random.integers(0, 256, (self.image_count, *self.shape), np.uint8).astype(self.kind, copy=False)

    def __str__(self) -> str:
        """For a heading."""
        return f"{self.spec}, {self.size.replace('x', '×')}, {self.kind}, batches of {self.batch}"
