"""Changes of how things look: blurred, noisy, compressed, dark, pale, in another light."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from augury.conditions.value_range import ValueRange

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Shape = tuple[int, ...]


def nothing(_generator: np.random.Generator, _shape: Shape) -> Floats:
    """For changes that are the same for every image."""
    return np.empty(0, np.float32)


def grain(generator: np.random.Generator, shape: Shape) -> Floats:
    """A standard normal number for every value of an image."""
    return generator.standard_normal(shape, dtype=np.float32)


def any_colour(generator: np.random.Generator, shape: Shape) -> Floats:
    """By how much each channel gains or loses, in shares of the strongest; the sum is zero.

    Raises:
        ValueError: there is one channel only, which has no colour.
    """
    if shape[2] < 2:
        raise ValueError(f"a colour cast needs two channels or more, got {shape[2]}")
    direction = generator.standard_normal(shape[2])
    direction -= direction.mean()
    largest = float(np.abs(direction).max())
    return (direction / largest).astype(np.float32)


def blur(images: Floats, share: float, _drawn: Floats, _range: ValueRange) -> Floats:
    """Out of focus: a Gaussian whose deviation is a share of the shorter side."""
    deviation = share * min(images.shape[1:3])
    blurred: Floats = ndimage.gaussian_filter(images, (0, deviation, deviation, 0), mode="nearest")
    return blurred


def add_noise(images: Floats, share: float, drawn: Floats, value_range: ValueRange) -> Floats:
    """Every value off by normal noise, whose deviation is a share of the range."""
    return images + np.float32(share * value_range.span) * drawn


def compress(images: Floats, quality: float, _drawn: Floats, value_range: ValueRange) -> Floats:
    """As JPEG of a quality, through 8 bits: three channels as colours, and else each channel by itself."""
    through = _compressed_channels if images.shape[3] != 3 else _compressed
    return value_range.from_bytes(np.stack([through(image, int(quality)) for image in value_range.as_bytes(images)]))


def dim(images: Floats, factor: float, _drawn: Floats, value_range: ValueRange) -> Floats:
    """Too little light: that part of the way from black is left."""
    return value_range.dark + np.float32(factor) * (images - value_range.dark)


def flatten(images: Floats, factor: float, _drawn: Floats, _range: ValueRange) -> Floats:
    """Pale: that part of the way from each channel's mean is left."""
    means: Floats = images.mean(axis=(1, 2), keepdims=True)
    return means + np.float32(factor) * (images - means)


def tint(images: Floats, share: float, drawn: Floats, value_range: ValueRange) -> Floats:
    """In the light of a colour: every channel is multiplied by its own factor, at most that share away from 1."""
    factors: Floats = (1 + share * drawn[:, np.newaxis, np.newaxis]).astype(np.float32)
    dark = np.float32(value_range.dark)
    return dark + factors * (images - dark)


def _compressed(image: Bytes, quality: int) -> Bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _compressed_channels(image: Bytes, quality: int) -> Bytes:
    channels = [_compressed(np.ascontiguousarray(image[:, :, at]), quality) for at in range(image.shape[2])]
    return np.stack(channels, axis=2)
