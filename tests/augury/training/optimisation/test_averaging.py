"""Means of weights, and statistics of batches that fit them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from augury.training.inputs import Chunk
from augury.training.optimisation.averaging import WeightMean, estimate_batch_statistics, has_batch_statistics
from tests.augury.training.conftest import Nobody


def _dense() -> keras.Model:
    return keras.Sequential([keras.Input((1,)), layers.Dense(1)])


def _noted(share: float, epochs: int, trained: int | None = None) -> tuple[WeightMean, keras.Model]:
    """A model whose weights are the number of the epoch."""
    mean, model = WeightMean(share, epochs), _dense()
    for epoch in range(1, (trained or epochs) + 1):
        for variable in model.weights:
            variable.assign(np.full(variable.shape, epoch, np.float32))
        mean.note(model)
    return mean, model


@pytest.mark.parametrize(
    ("share", "epochs", "expected"), [(0.5, 4, 3.5), (0.1, 30, 29.0), (0.3, 10, 9.0), (0.26, 4, 3.5), (0.99, 3, 2.0)]
)
def test_averaged_weights_are_the_mean_of_the_last_epochs(share: float, epochs: int, expected: float) -> None:
    """A share that is no whole number of epochs is rounded up."""
    mean, model = _noted(share, epochs)
    assert mean.put_into(model)
    for variable in model.weights:
        np.testing.assert_allclose(np.asarray(variable), expected, rtol=1e-6)


@pytest.mark.parametrize(("share", "epochs", "trained"), [(0.1, 5, 5), (0.5, 6, 4)], ids=["one epoch", "cut short"])
def test_where_there_is_no_mean_the_weights_stay(share: float, epochs: int, trained: int) -> None:
    """Of one epoch it is that epoch's; of a training that ended early it would be of others than was asked."""
    mean, model = _noted(share, epochs, trained)
    assert not mean.put_into(model)
    assert float(np.ravel(model.weights[0])[0]) == trained


def _normalised(momentum: float = 0.99) -> keras.Model:
    return keras.Sequential([keras.Input((2, 2, 3)), layers.BatchNormalization(momentum=momentum)])


def _chunks(images: np.ndarray, size: int) -> list[Chunk]:
    return [Chunk(images[at : at + size], np.zeros(size), False, 0.0) for at in range(0, len(images), size)]


@pytest.mark.parametrize("momentum", [0.0, 0.9, 0.99])
def test_statistics_are_the_mean_over_batches_of_their_own(momentum: float) -> None:
    """Whatever they were before, and however slowly training moves them."""
    images = np.random.default_rng(0).normal(5, 3, (48, 2, 2, 3)).astype(np.float32)
    model = _normalised(momentum)
    estimate_batch_statistics(model, _chunks(images, 24), 8, Nobody())
    batches = images.reshape(6, -1, 3)
    np.testing.assert_allclose(np.asarray(model.layers[0].moving_mean), batches.mean(axis=1).mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(np.asarray(model.layers[0].moving_variance), batches.var(axis=1).mean(axis=0), rtol=1e-3)


def test_frozen_statistics_stay_as_they_are() -> None:
    """Such a layer is not in training mode either."""
    model = _normalised()
    model.layers[0].trainable = False
    assert not has_batch_statistics(model)
    assert has_batch_statistics(_normalised())
    assert not has_batch_statistics(_dense())
