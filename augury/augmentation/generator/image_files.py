"""Image files to arrays: decoded, converted and resized as Keras's ``load_img`` does it."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.threads import usable_cores

if TYPE_CHECKING:
    from PIL import Image

Array = npt.NDArray[Any]

CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_GRAYSCALE_MODES = ("L", "I;16", "I")
"""Pillow's modes that are left as they are where grayscale is asked for: 8, 16 and 32 bits."""
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


@dataclass(frozen=True)
class Reading:
    """How image files are read.

    Args:
        color_mode: grayscale, rgb or rgba.
        target_size: (height, width) in pixels.
        interpolation: nearest, bilinear, bicubic, hamming, box or lanczos.
        keep_aspect_ratio: cut the middle out in the target's proportions before resizing.
    """

    color_mode: str
    target_size: tuple[int, ...]
    interpolation: str
    keep_aspect_ratio: bool

    def read_all(self, paths: Sequence[str]) -> Array:
        """Images ``[N, H, W, C]``, read beside each other: uint8 where all are, else float32.

        Raises:
            OSError: a file is missing, or no image.
            ValueError: the interpolation is unknown and an image has to be resized.
        """
        images = list(_pool(os.getpid()).map(self.read, paths)) if len(paths) > 1 else [self.read(p) for p in paths]
        if not images:
            return np.empty((0, *self.target_size, CHANNELS[self.color_mode]), np.float32)
        dtype = np.uint8 if all(image.dtype == np.uint8 for image in images) else np.float32
        return np.stack([image.astype(dtype, copy=False) for image in images])

    def read(self, path: str) -> Array:
        """One image ``[H, W, C]`` in the type that it is stored in."""
        from PIL import Image

        with Image.open(io.BytesIO(Path(path).read_bytes())) as stored:
            array = np.asarray(self._resized(self._converted(stored)))
        return array if array.ndim == 3 else array[..., np.newaxis]

    def _converted(self, image: Image.Image) -> Image.Image:
        mode = _MODES[self.color_mode]
        kept = _GRAYSCALE_MODES if self.color_mode == "grayscale" else (mode,)
        return image if image.mode in kept else image.convert(mode)

    def _resized(self, image: Image.Image) -> Image.Image:
        from PIL import Image

        height, width = self.target_size
        if image.size == (width, height):
            return image
        if self.interpolation not in _INTERPOLATIONS:
            known = ", ".join(_INTERPOLATIONS)
            raise ValueError(f"Invalid interpolation method {self.interpolation!r}; expected one of {known}")
        box = _middle(image.size, (width, height)) if self.keep_aspect_ratio else None
        return image.resize((width, height), Image.Resampling[self.interpolation.upper()], box=box)


def _middle(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest part in the target's proportions around the middle: left, upper, right, lower."""
    (width, height), (target_width, target_height) = size, target
    kept_height = min(height, (width * target_height) // target_width)
    kept_width = min(width, (height * target_width) // target_height)
    left, upper = (width - kept_width) // 2, (height - kept_height) // 2
    return left, upper, left + kept_width, upper + kept_height


@cache
def _pool(_process_id: int) -> ThreadPoolExecutor:
    # Of its own, since files are waited for; keyed on the process, since a fork does not inherit its parent's threads.
    return ThreadPoolExecutor(2 * usable_cores(), thread_name_prefix="image-files")
