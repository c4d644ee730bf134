"""Writing augmented images to a folder, to be looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.drawing import LegacyGenerator

if TYPE_CHECKING:
    from PIL import Image

Array = npt.NDArray[Any]


def to_picture(image: Array, data_format: str) -> Image.Image:
    """An image as a Pillow image of 8 bits, its values stretched to 0-255 as Keras stretches them.

    Raises:
        ValueError: Pillow knows no image with so many channels.
    """
    from PIL import Image

    floats = np.asarray(image, np.float32)
    levels = floats.transpose(1, 2, 0) if data_format == "channels_first" else floats
    levels = levels - levels.min()
    highest = levels.max()
    if highest != 0:
        levels /= highest
    channels = levels.shape[2]
    if channels not in (1, 3, 4):
        raise ValueError(f"Unsupported channel number: {channels}, expected 1, 3 or 4")
    pixels = (levels * 255).astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


@dataclass(frozen=True)
class Saving:
    """Where to, and under which names: ``{prefix}_{sample}_{number}.{format}`` with a random number below a limit."""

    directory: str | os.PathLike[str]
    prefix: str
    file_format: str
    limit: int

    def save(self, batch: Array, indices: Any, data_format: str, random: LegacyGenerator) -> None:
        """Write every image of a batch; *random* gives the numbers, which keep rounds apart."""
        for image, index in zip(batch, indices, strict=True):
            picture = to_picture(image, data_format)
            name = f"{self.prefix}_{index}_{random.randint(self.limit)}.{self.file_format}"
            picture.save(os.path.join(self.directory, name))
