"""What ``fit`` learns from the training images: mean, deviation, whitening matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.layout import channels_first
from augury.augmentation.settings import Settings

Array = npt.NDArray[Any]
EPSILON = 1e-6
_CHUNK_VALUES = 4_000_000


@dataclass(frozen=True)
class Statistics:
    """Mean and deviation, whitening matrix ``[H·W·C, H·W·C]``; None where not asked for.

    All in the data format of whoever asked: per channel, ``[1, 1, C]`` or ``[C, 1, 1]``, where they were measured;
    anything that NumPy can broadcast to an image where a user has set them.
    """

    mean: Any = None
    deviation: Any = None
    whitening: Any = None


def chunks(count: int, shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of so many images of a shape that are small enough to be held as floats."""
    step = max(1, _CHUNK_VALUES // max(1, int(np.prod(shape))))
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def measure(settings: Settings, parts: Iterable[Array]) -> Statistics:
    """The statistics of rescaled images that come in parts ``[n, H, W, C]``.

    As in Keras, the mean is subtracted and the deviation divided out before the whitening matrix is computed.

    Raises:
        TypeError: the settings' dtype cannot hold what is to be subtracted.
    """
    dtype, data_format = np.dtype(settings.dtype), settings.data_format
    if settings.needs_fit and dtype.kind not in "fc":
        raise TypeError(f"images of dtype {dtype} cannot be centred, divided or whitened; expected a float type")
    parts = list(parts) if settings.zca_whitening else parts
    mean = deviation = whitening = None
    if settings.needs_fit:
        average, spread = _moments(parts)
        mean = average.astype(dtype) if settings.featurewise_center else None
        deviation = spread.astype(dtype) if settings.featurewise_std_normalization else None
    if settings.zca_whitening:
        images = _normalised(np.concatenate(list(parts)), mean, deviation)
        whitening = _whitening_matrix(channels_first(images, data_format), settings.zca_epsilon)
    return Statistics(_in_format(mean, data_format), _in_format(deviation, data_format), whitening)


def _moments(parts: Iterable[Array]) -> tuple[Array, Array]:
    count, total, squares = 0, np.float64(0), np.float64(0)
    for part in parts:
        wide = part.reshape(-1, part.shape[-1]).T.astype(np.float64, order="C")  # sums along rows are ten times as fast
        count += wide.shape[1]
        total = total + wide.sum(axis=1)
        squares = squares + np.einsum("ij,ij->i", wide, wide)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0))
    return mean.reshape(1, 1, -1), deviation.reshape(1, 1, -1)


def _normalised(images: Array, mean: Array | None, deviation: Array | None) -> Array:
    if mean is not None:
        images = images - mean
    if deviation is not None:
        images = images / (deviation + EPSILON)
    return images


def _in_format(values: Array | None, data_format: str) -> Array | None:
    return values if values is None or data_format == "channels_last" else values.reshape(-1, 1, 1)


def _whitening_matrix(images: Array, epsilon: float) -> Array:
    """ZCA: U·diag(√n / (s + ε))·Uᵀ for the singular values s and left vectors U of the flattened images."""
    flat = images.reshape(len(images), -1)
    vectors, singular_values, _ = np.linalg.svd(flat.T, full_matrices=False)
    inverse = np.sqrt(len(flat)) / (singular_values + epsilon)
    matrix: Array = (vectors * inverse).dot(vectors.T)
    return matrix
