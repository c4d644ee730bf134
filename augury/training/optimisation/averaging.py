"""The mean of a model's weights over its last epochs (stochastic weight averaging, Izmailov et al. 2018)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from augury.monitor import WorkMonitor
from augury.training.inputs import Chunk

Array = npt.NDArray[Any]


class WeightMean:
    """Of the weights that a model had at the end of each of its last epochs.

    Args:
        share: of the epochs, above 0; rounded up to whole ones.
        epochs: how many there are.
    """

    def __init__(self, share: float, epochs: int) -> None:
        self._first = epochs - math.ceil(round(share * epochs, 9))  # 0.1 * 30 is 3.0000000000000004
        self._last, self._epochs, self._taken = epochs, 0, 0
        self._sums: list[Array] = []

    def note(self, model: keras.Model) -> None:
        """After an epoch."""
        self._epochs += 1
        if self._epochs <= self._first:
            return
        values = [np.asarray(keras.ops.convert_to_numpy(variable), np.float64) for variable in model.weights]
        self._sums = [total + value for total, value in zip(self._sums, values, strict=True)] if self._sums else values
        self._taken += 1

    def put_into(self, model: keras.Model) -> bool:
        """Give the model the mean; whether that is other weights than it has. Of a training cut short there is none."""
        if self._epochs < self._last or self._taken < 2:
            return False
        for variable, total in zip(model.weights, self._sums, strict=True):
            variable.assign((total / self._taken).astype(np.float32))
        return True


def has_batch_statistics(model: keras.Model) -> bool:
    """Whether something in the model has statistics of the batches that it was trained on."""
    return bool(_normalising(model))


def estimate_batch_statistics(
    model: keras.Model, chunks: Iterable[Chunk], batch_size: int, monitor: WorkMonitor
) -> None:
    """Batch normalisation's means and variances anew, which have to fit weights that no training step has left.

    They become the mean over all batches of the batches' own, in training mode; nothing is trained. Layers that are
    frozen keep theirs.
    """
    layers = _normalising(model)
    statistics = [variable for layer in layers for variable in (layer.moving_mean, layer.moving_variance)]
    shares = [1 - layer.momentum for layer in layers for _ in range(2)]  # how much of a batch's own comes in at a step
    sums, images = [np.zeros(variable.shape) for variable in statistics], 0
    for batch in _batches(chunks, batch_size):
        monitor.raise_if_cancelled()
        for variable in statistics:
            variable.assign(np.zeros(variable.shape, np.float32))
        model(batch, training=True)
        for total, variable, share in zip(sums, statistics, shares, strict=True):
            total += len(batch) * np.asarray(keras.ops.convert_to_numpy(variable), np.float64) / share
        images += len(batch)
    for variable, total in zip(statistics, sums, strict=True):
        variable.assign((total / images).astype(np.float32))


def _normalising(model: keras.Model) -> list[Any]:
    return [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable and layer.momentum < 1
    ]


def _batches(chunks: Iterable[Chunk], batch_size: int) -> Iterator[Array]:
    for chunk in chunks:
        for first in range(0, len(chunk.images), batch_size):
            yield chunk.images[first : first + batch_size]
