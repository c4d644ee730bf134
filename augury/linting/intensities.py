"""What brightness, channel shift and samplewise normalisation do to pixel values, by applying them.

The images are synthetic: pixels drawn from a beta distribution with the dataset's range, mean and deviation, which
is two-peaked where a dataset is nearly black and white, as digits are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from api_schemas.lint import IntensityMeasurements, Semantics

Array = npt.NDArray[np.float64]

IMAGES, SAMPLES = 48, 192
_KERAS_EPSILON = 1e-6
_BYTE = 255.0


@dataclass(frozen=True)
class Pixels:
    """The values of a dataset: smallest, largest, mean and deviation, over all channels."""

    low: float
    high: float
    mean: float
    deviation: float

    @property
    def span(self) -> float:
        """Largest minus smallest value."""
        return self.high - self.low

    @property
    def fits_a_byte(self) -> bool:
        """Whether Keras's 8-bit brightness takes the values as they are."""
        return self.low >= 0 and self.high <= _BYTE


ASSUMED = Pixels(0.0, _BYTE, 120.0, 60.0)
"""Of 8-bit photographs, where no dataset is named."""


@dataclass(frozen=True)
class Jitter:
    """The random intensity changes of a spec, and the samplewise normalisation after them."""

    brightness: tuple[float, float] | None
    channel_shift: float
    centred: bool
    scaled: bool


@lru_cache(maxsize=256)
def sample_images(pixels: Pixels) -> Array:
    """Synthetic images ``[IMAGES, SAMPLES]`` with these statistics; the same every time."""
    generator = np.random.default_rng(20_150_405)
    span = max(pixels.span, 1e-12)
    mean = float(np.clip((pixels.mean - pixels.low) / span, 1e-3, 1 - 1e-3))
    variance = float(np.clip((pixels.deviation / span) ** 2, 1e-8, 0.98 * mean * (1 - mean)))
    total = mean * (1 - mean) / variance - 1
    drawn = generator.beta(mean * total, (1 - mean) * total, (IMAGES, SAMPLES))
    return pixels.low + span * drawn


@lru_cache(maxsize=2048)
def effect(pixels: Pixels, jitter: Jitter, semantics: Semantics) -> IntensityMeasurements:
    """How far the jitter moves images before, and after, samplewise normalisation."""
    images = sample_images(pixels)
    generator = np.random.default_rng(19_700_101)
    changed = images
    if jitter.channel_shift:
        bound = jitter.channel_shift
        changed = shift_channels(changed, generator.uniform(-bound, bound, (IMAGES, 1)))
    if jitter.brightness is not None:
        changed = brighten(changed, generator.uniform(*jitter.brightness, (IMAGES, 1)), pixels, semantics)
    unit = max(float(images.std(axis=1).mean()), 1e-12)
    drawn = _root_mean_square(changed - images) / unit
    left = drawn
    if jitter.centred or jitter.scaled:
        after, before = (standardise(each, scaled=jitter.scaled) for each in (changed, images))
        left = _root_mean_square(after - before) / (1.0 if jitter.scaled else unit)
    return IntensityMeasurements(drawn=drawn, left=left)


def shift_channels(images: Array, shift: Array) -> Array:
    """Add one number to every pixel of an image, and clip to the range that the image had."""
    return np.clip(images + shift, images.min(axis=1, keepdims=True), images.max(axis=1, keepdims=True))


def brighten(images: Array, factor: Array, pixels: Pixels, semantics: Semantics) -> Array:
    """Multiply by the factor: with Keras's 8-bit arithmetic, or clipped to the data's own range."""
    if semantics == "corrected":
        return np.clip(images * factor, pixels.low, pixels.high)
    if pixels.fits_a_byte:
        return _byte(_byte(images) * factor)
    # Keras stretches each image to 0-255 by its own extremes, and back.
    low, high = images.min(axis=1, keepdims=True), images.max(axis=1, keepdims=True)
    span = np.maximum(high - low, 1e-12)
    stretched = _byte(_byte((images - low) / span * _BYTE) * factor)
    return np.asarray(stretched / _BYTE * span + low)


def _byte(values: Array) -> Array:
    return np.trunc(np.clip(values, 0, _BYTE))


def standardise(images: Array, *, scaled: bool) -> Array:
    """Keras's samplewise centring, and scaling where *scaled*."""
    centred = images - images.mean(axis=1, keepdims=True)
    return np.asarray(centred / (centred.std(axis=1, keepdims=True) + _KERAS_EPSILON) if scaled else centred)


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))


def rounding_loss(pixels: Pixels) -> tuple[float, float]:
    """What 8-bit arithmetic alone does at factor 1: share of pixels that become 0, error over deviation."""
    images = sample_images(pixels)
    rounded = brighten(images, np.ones((IMAGES, 1)), pixels, "keras")
    error = _root_mean_square(rounded - images) / max(float(images.std()), 1e-12)
    return float((rounded == 0).mean()), error
