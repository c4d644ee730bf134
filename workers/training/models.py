"""The built-in models, by name. Plain structures that name no backend."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import keras
import numpy as np

Shape = tuple[int, int, int]


def linear(shape: Shape, classes: int) -> keras.Model:
    """Softmax regression on the pixels."""
    return keras.Sequential(
        [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(classes, activation="softmax")]
    )


def small_cnn(shape: Shape, classes: int) -> keras.Model:
    """Two 3x3 convolutions (16 and 32 filters), 2x2 max pooling, a dense layer of 64, softmax."""
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2, padding="same"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )


BUILDERS: dict[str, Callable[[Shape, int], keras.Model]] = {"linear": linear, "small_cnn": small_cnn}


def initialised_model(
    name: str, shape: Shape, classes: int, optimizer: str, learning_rate: float, seed: int
) -> keras.Model:
    """A compiled model with fresh weights and a fresh optimizer, both determined by *seed*.

    The compiled functions of a model are kept for the process: tracing them again for every trial would take
    longer than training a small one.
    """
    model, pristine_optimizer = _compiled(name, shape, classes, optimizer, learning_rate)
    keras.utils.set_random_seed(seed)
    model.set_weights(BUILDERS[name](shape, classes).get_weights())
    for variable, value in zip(model.optimizer.variables, pristine_optimizer, strict=True):
        variable.assign(value)
    return model


@lru_cache(maxsize=4)
def _compiled(
    name: str, shape: Shape, classes: int, optimizer: str, learning_rate: float
) -> tuple[keras.Model, list[np.ndarray]]:
    model = BUILDERS[name](shape, classes)
    rule = keras.optimizers.get({"class_name": optimizer, "config": {"learning_rate": learning_rate}})
    model.compile(rule, loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model, [keras.ops.convert_to_numpy(variable) for variable in model.optimizer.variables]
