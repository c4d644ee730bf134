"""A small model with whatever may behave differently from backend to backend, and what it is trained on."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from augury.training.optimisation.objective import Objective
from augury.training.optimisation.recipe import Recipe, optimizer_of
from augury.training.steppers import Steps

BATCH, IMAGES, CLASSES = 8, 28, 10
"""Three batches, and half of one."""
PLAIN = Objective()
WEIGHTED = Objective(label_smoothing=0.1, is_weighted=True)
OBJECTIVES = {"plain": PLAIN, "weighted": WEIGHTED}


def model(kind: str) -> keras.Model:
    """Compiled, its optimizer built; the same weights every time on one backend."""
    keras.utils.set_random_seed(1)
    inner: list[Any] = {
        "plain": [layers.Conv2D(4, 3, use_bias=False, kernel_regularizer="l2"), layers.BatchNormalization()],
        "weighted": [layers.Conv2D(4, 3, activation="relu")],
        "dropping": [layers.Dropout(0.4)],
    }[kind]
    made = keras.Sequential([keras.Input((8, 8, 1)), *inner, layers.Flatten(), layers.Dense(CLASSES, "softmax")])
    decay = 0.004 if kind == "weighted" else 0.0
    recipe = Recipe("adamw" if decay else "adam", 0.0, False, decay, 1.0 if decay else None, None, 0.0, False, False)
    made.compile(optimizer_of(recipe), loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    made.optimizer.build(made.trainable_variables)
    return made


def data() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], Steps]:
    """Images ``[28, 8, 8, 1]``, labels, and how to train on them: rates that change, classes that count differently."""
    generator = np.random.default_rng(3)
    images = generator.random((IMAGES, 8, 8, 1), dtype=np.float32)
    rates = np.array([1e-3, 2e-3, 5e-4, 1e-3], np.float32)
    weights = np.linspace(0.5, 2, CLASSES, dtype=np.float32)
    return images, generator.integers(0, CLASSES, IMAGES), Steps(BATCH, rates, weights)


def first_and_rest(steps: Steps) -> tuple[Steps, Steps]:
    """The first step, and those after it."""
    return steps._replace(rates=steps.rates[:1]), steps._replace(rates=steps.rates[1:])
