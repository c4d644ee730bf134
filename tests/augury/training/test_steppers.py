"""Many steps in one call give what Keras's own single steps give."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from augury.datasets.snapshot import Snapshot
from augury.training.loop import Pace
from augury.training.steppers import BatchStepper, Stepper, Steps, TensorFlowStepper

IMAGES, BATCH = 100, 32


def _model(kind: str) -> keras.Model:
    """A model with whatever may behave differently inside a loop, with the same weights every time."""
    keras.utils.set_random_seed(1)
    inner: list[Any] = {
        "plain": [layers.Conv2D(4, 3, activation="relu")],
        "regularised": [layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2")],
        "normalised": [layers.Conv2D(4, 3, use_bias=False), layers.BatchNormalization(), layers.ReLU()],
        "dropping": [layers.Conv2D(4, 3, activation="relu"), layers.Dropout(0.4)],
    }[kind]
    model = keras.Sequential([keras.Input((8, 8, 1)), *inner, layers.Flatten(), layers.Dense(10, activation="softmax")])
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


def _steps(batches: int) -> Steps:
    """At Keras's default rate of adam."""
    return Steps(BATCH, np.full(batches, 1e-3, np.float32), np.ones(10, np.float32))


def _epoch(stepper: Stepper, digits: Snapshot) -> tuple[float, float]:
    images = digits.images[:IMAGES].astype(np.float32) / 255
    totals = stepper.train(images, digits.labels[:IMAGES], _steps(4))
    return totals.loss / IMAGES, totals.right / IMAGES


@pytest.mark.parametrize("kind", ["plain", "regularised", "normalised", "dropping"])
def test_an_epoch_in_one_call_leaves_the_weights_of_kerass_own_steps(kind: str, digits: Snapshot) -> None:
    """And reports the same loss and accuracy, though the last batch is a small one."""
    ours, theirs = _model(kind), _model(kind)
    measured = _epoch(TensorFlowStepper(ours), digits)
    expected = _epoch(BatchStepper(theirs), digits)
    assert measured == pytest.approx(expected, abs=1e-5)
    for mine, its in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(np.asarray(mine), np.asarray(its), atol=1e-5, err_msg=mine.path)


def test_two_calls_are_as_one(digits: Snapshot) -> None:
    """However the steps are shared among calls, to the last bit."""
    images, labels = digits.images[:IMAGES].astype(np.float32), digits.labels[:IMAGES]
    at_once, in_parts = _model("dropping"), _model("dropping")
    TensorFlowStepper(at_once).train(images, labels, _steps(4))
    stepper = TensorFlowStepper(in_parts)
    for part, batches in ((slice(0, BATCH), 1), (slice(BATCH, IMAGES), 3)):
        stepper.train(images[part], labels[part], _steps(batches))
    for one, other in zip(at_once.variables, in_parts.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_probabilities_are_kerass_own(digits: Snapshot) -> None:
    """In inference mode: nothing is dropped."""
    model, images = _model("dropping"), digits.images[:7].astype(np.float32)
    expected = BatchStepper(model).probabilities(images)
    np.testing.assert_allclose(TensorFlowStepper(model).probabilities(images), expected, atol=1e-6)


def test_a_step_that_is_not_taken_is_not_compiled(digits: Snapshot) -> None:
    """Of a whole model whose top alone is trained, compiling one would take longer than all that is asked of it."""
    modes: list[bool | None] = []

    class Observed(layers.Layer):
        def call(self, inputs: Any, training: bool | None = None) -> Any:
            modes.append(training)
            return inputs

    model = keras.Sequential([keras.Input((8, 8, 1)), Observed(), layers.Flatten(), layers.Dense(10, "softmax")])
    model.compile("adam", loss="sparse_categorical_crossentropy", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    stepper, images = TensorFlowStepper(model), digits.images[:BATCH].astype(np.float32)
    modes.clear()
    stepper.probabilities(images)
    assert modes == [False]
    stepper.train(images, digits.labels[:BATCH], _steps(1))
    assert modes == [False, True]


def test_a_call_takes_a_quarter_of_a_second() -> None:
    """Slow steps one at a time, quick ones by the hundred."""
    pace = Pace()
    assert pace.steps == 1
    pace.learn(1, seconds=2.0)
    assert pace.steps == 1
    pace.learn(1, seconds=0.001)
    assert pace.steps == 250
    pace.learn(250, seconds=0.5)
    assert pace.steps == 125


def test_what_is_compiled_for_every_number_of_steps_takes_whole_chunks() -> None:
    """However long a call took."""
    pace = Pace(whole_chunks=True)
    batches_of_a_chunk = 10**6
    pace.learn(1, seconds=60)
    assert pace.steps > batches_of_a_chunk
