"""What ``fit`` learns from the training images: mean, deviation, whitening matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec

Array = npt.NDArray[Any]
EPSILON = 1e-6
_CHUNK_VALUES = 4_000_000


@dataclass(frozen=True)
class Statistics:
    """Per-channel mean and deviation ``[1, 1, C]``, whitening matrix ``[H·W·C, H·W·C]``; None where not asked for."""

    mean: Array | None = None
    deviation: Array | None = None
    whitening: Array | None = None


def chunks(count: int, shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of so many images of a shape that are small enough to be held as floats."""
    step = max(1, _CHUNK_VALUES // max(1, int(np.prod(shape))))
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def measure(spec: ImageDataGeneratorSpec, parts: Iterable[Array], dtype: str) -> Statistics:
    """The statistics of rescaled images that come in parts ``[n, H, W, C]``.

    As in Keras, the mean is subtracted and the deviation divided out before the whitening matrix is computed.
    """
    parts = list(parts) if spec.zca_whitening else parts
    mean = deviation = whitening = None
    if spec.needs_fit:
        average, spread = _moments(parts)
        mean = average.astype(dtype)  # Keras centres wherever it divides or whitens
        deviation = spread.astype(dtype) if spec.featurewise_std_normalization else None
    if spec.zca_whitening:
        whitening = _whitening_matrix(np.concatenate(list(parts)), mean, deviation, spec.zca_epsilon)
    return Statistics(mean, deviation, whitening)


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


def _whitening_matrix(images: Array, mean: Array | None, deviation: Array | None, epsilon: float) -> Array:
    """ZCA: U·diag(√n / (s + ε))·Uᵀ for the singular values s and left vectors U of the flattened images."""
    if mean is not None:
        images = images - mean
    if deviation is not None:
        images = images / (deviation + EPSILON)
    flat = images.reshape(len(images), -1)
    vectors, singular_values, _ = np.linalg.svd(flat.T, full_matrices=False)
    inverse = np.sqrt(len(flat)) / (singular_values + epsilon)
    matrix: Array = (vectors * inverse).dot(vectors.T)
    return matrix
