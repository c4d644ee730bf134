"""Compiled steps with options leave the weights that Keras's own training leaves."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from api_schemas.training.settings import TrainingSettings
from augury.datasets.snapshot import Snapshot
from augury.training.optimisation.objective import Objective
from augury.training.optimisation.recipe import optimizer_of, recipe_of
from augury.training.steppers import BatchStepper, Steps, TensorFlowStepper

IMAGES, BATCH, RATES = 100, 32, (0.02, 0.01, 0.04, 0.005)
WEIGHTS = np.linspace(0.5, 2, 10, dtype=np.float32)

CASES: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "adamw, clipped": (
        {"optimizer": "adamw", "gradient_clip": 0.1},
        lambda: keras.optimizers.AdamW(global_clipnorm=0.1),
        None,
    ),
    "nesterov, decaying": (
        {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        lambda: keras.optimizers.SGD(momentum=0.9, nesterov=True, weight_decay=0.1),
        None,
    ),
    "rmsprop": ({"optimizer": "rmsprop", "momentum": 0.5}, lambda: keras.optimizers.RMSprop(momentum=0.5), None),
    "focal": (
        {"loss": "focal"},
        lambda: keras.optimizers.Adam(),
        keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0),
    ),
    "weighted": ({"class_weight": "balanced"}, lambda: keras.optimizers.Adam(), None),
    "weighted and smoothed": (
        {"class_weight": "balanced", "label_smoothing": 0.2},
        lambda: keras.optimizers.Adam(),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.2),
    ),
}


def _model(optimizer: Any, loss: Any = "sparse_categorical_crossentropy", *, run_eagerly: bool = False) -> keras.Model:
    """With a regulariser, whose loss has to be added to any other."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer, loss=loss, metrics=["accuracy"], jit_compile=False, run_eagerly=run_eagerly)
    model.optimizer.build(model.trainable_variables)
    return model


def _by_keras(model: keras.Model, images: np.ndarray, labels: np.ndarray, weights: np.ndarray | None) -> None:
    """Batch by batch, with Keras's own weighting."""
    expected = labels if isinstance(model.loss, str) else np.eye(10, dtype=np.float32)[labels]
    for number, rate in enumerate(RATES):
        batch = slice(number * BATCH, (number + 1) * BATCH)
        model.optimizer.learning_rate = rate
        own = None if weights is None else weights[labels[batch]]
        model.train_on_batch(images[batch], expected[batch], sample_weight=own)


@pytest.mark.parametrize("stepper", [TensorFlowStepper, BatchStepper])
@pytest.mark.parametrize("case", CASES)
def test_a_step_with_options_is_kerass_own(case: str, stepper: Any, digits: Snapshot) -> None:
    """With another learning rate in every step, the last of which is a small one."""
    options, optimizer, loss = CASES[case]
    settings = TrainingSettings.model_validate(options)
    recipe = recipe_of(settings)
    images, labels = digits.images[:IMAGES].astype(np.float32) / 255, digits.labels[:IMAGES]

    ours = _model(optimizer_of(recipe))
    steps = Steps(BATCH, np.array(RATES, np.float32), WEIGHTS)
    stepper(ours, Objective.of(recipe)).train(images, labels, steps)
    theirs = _model(optimizer(), loss or "sparse_categorical_crossentropy", run_eagerly=True)  # which is soon done
    _by_keras(theirs, images, labels, WEIGHTS if recipe.is_weighted else None)

    for mine, its in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(np.asarray(mine), np.asarray(its), atol=2e-5, err_msg=mine.path)
