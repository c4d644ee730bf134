"""An optimizer's steps with small variables as one are its own steps, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, optimizers

from augury.datasets.snapshot import Snapshot
from augury.training.optimisation import updates
from augury.training.optimisation.updates import JoinedUpdates, SeparateUpdates, updates_of
from augury.training.steppers import BatchStepper, Stepper, Steps, TensorFlowStepper

IMAGES, BATCH, CLASSES = 100, 32, 10
RATES = np.array([1e-3, 2e-3, 1e-3, 5e-4], np.float32)
"""Of four batches, of which the last is a small one."""

Optimizers = Callable[[], optimizers.Optimizer]


def _compiled(optimizer: optimizers.Optimizer, *inner: layers.Layer) -> keras.Model:
    outer = (layers.Flatten(), layers.Dense(CLASSES, activation="softmax"))
    model = keras.Sequential([keras.Input((8, 8, 1)), *inner, *outer])
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


def _convolutional(optimizer: optimizers.Optimizer) -> keras.Model:
    """With the same weights every time; a kernel of 128 values, and smaller variables."""
    keras.utils.set_random_seed(1)
    return _compiled(optimizer, layers.Conv2D(8, 4, activation="relu"), layers.BatchNormalization())


def _trained(stepper: Stepper, model: keras.Model, digits: Snapshot, calls: int = 2) -> list[np.ndarray[Any, Any]]:
    """What model and optimizer have after so many calls of four steps."""
    images, labels = digits.images[:IMAGES].astype(np.float32) / 255, digits.labels[:IMAGES]
    for _ in range(calls):
        stepper.train(images, labels, Steps(BATCH, RATES, np.ones(CLASSES, np.float32)))
    return [np.asarray(variable) for variable in [*model.variables, *model.optimizer.variables]]


@pytest.mark.parametrize("max_joined", [2**14, 127], ids=["all joined", "the largest is not"])
@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.Adam,
        lambda: optimizers.AdamW(weight_decay=0.01),
    ],
    ids=["adam", "adamw"],
)
def test_joined_variables_have_the_bits_of_separate_ones(
    optimizer: Optimizers, max_joined: int, digits: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so has the optimizer, with its moments and its count of steps, as a kept model's file has it."""
    separate, joined = _convolutional(optimizer()), _convolutional(optimizer())
    monkeypatch.setattr(updates, "MAX_JOINED_VALUES", 0)
    expected = _trained(TensorFlowStepper(separate), separate, digits)
    monkeypatch.setattr(updates, "MAX_JOINED_VALUES", max_joined)
    assert isinstance(updates_of(joined.optimizer, joined.trainable_variables), JoinedUpdates)
    for mine, its in zip(_trained(TensorFlowStepper(joined), joined, digits), expected, strict=True):
        np.testing.assert_array_equal(mine, its)


def test_a_reset_model_is_trained_as_a_fresh_one(digits: Snapshot) -> None:
    """Nothing of a trial before is left in what is joined."""
    model = _convolutional(optimizers.Adam())
    variables = [*model.variables, *model.optimizer.variables]
    fresh = [np.asarray(variable).copy() for variable in variables]
    stepper = TensorFlowStepper(model)
    first = _trained(stepper, model, digits)
    for variable, value in zip(variables, fresh, strict=True):
        variable.assign(value)
    for one, other in zip(_trained(stepper, model, digits), first, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "optimizer",
    [lambda: optimizers.Adam(global_clipnorm=1.0), lambda: optimizers.SGD(momentum=0.9), optimizers.RMSprop],
    ids=["clipped by the norm of all", "sgd", "rmsprop"],
)
def test_what_would_differ_in_its_last_bits_is_not_joined(optimizer: Optimizers) -> None:
    """A sum over one vector, and products that TensorFlow puts in another order."""
    model = _convolutional(optimizer())
    assert isinstance(updates_of(model.optimizer, model.trainable_variables), SeparateUpdates)


def test_a_constrained_variable_stays_by_itself(digits: Snapshot) -> None:
    """Its constraint is of its own shape, and holds after every step."""
    constraint = keras.constraints.MaxNorm(0.1, axis=0)
    model = _compiled(optimizers.Adam(), layers.Flatten(), layers.Dense(8, kernel_constraint=constraint))
    assert isinstance(updates_of(model.optimizer, model.trainable_variables), JoinedUpdates)
    _trained(TensorFlowStepper(model), model, digits)
    assert np.linalg.norm(np.asarray(model.trainable_variables[0]), axis=0).max() <= 0.1 + 1e-6


def test_a_layer_whose_gradients_are_sparse_is_trained_as_keras_trains_it(digits: Snapshot) -> None:
    """Which makes something else of them than of dense ones."""

    def embedding() -> keras.Model:
        keras.utils.set_random_seed(1)
        return _compiled(optimizers.Adam(), layers.Flatten(), layers.Embedding(2, 3), layers.LayerNormalization())

    ours, theirs = embedding(), embedding()
    expected = _trained(BatchStepper(theirs), theirs, digits)
    for mine, its in zip(_trained(TensorFlowStepper(ours), ours, digits), expected, strict=True):
        np.testing.assert_allclose(mine, its, atol=1e-5)
