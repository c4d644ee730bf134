"""What of the training settings is compiled into a step; all else differs from step to step, or from trial to trial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from api_schemas.training.losses import Focal
from api_schemas.training.settings import TrainingSettings


@dataclass(frozen=True)
class Recipe:
    """Two trainings with the same recipe and model share their compiled steps."""

    optimizer: str
    momentum: float
    nesterov: bool
    decay: float
    gradient_clip: float | None
    focal_gamma: float | None
    """None: cross-entropy."""
    label_smoothing: float
    is_weighted: bool
    """Whether classes have weights, which are handed to every step."""
    mixed_precision: bool


def recipe_of(settings: TrainingSettings) -> Recipe:
    """Whatever of the settings a step is compiled with."""
    return Recipe(
        optimizer=settings.optimizer,
        momentum=settings.momentum,
        nesterov=settings.nesterov,
        decay=settings.decay,
        gradient_clip=settings.gradient_clip,
        focal_gamma=settings.loss.gamma if isinstance(settings.loss, Focal) else None,
        label_smoothing=settings.label_smoothing,
        is_weighted=settings.class_weight != "none",
        mixed_precision=settings.mixed_precision,
    )


def optimizer_of(recipe: Recipe) -> keras.optimizers.Optimizer:
    """Keras's optimizer, whose learning rate is set before every step."""
    options = {"global_clipnorm": recipe.gradient_clip, "weight_decay": recipe.decay or None}
    return _OPTIMIZERS[recipe.optimizer](recipe, options)


_OPTIMIZERS: dict[str, Callable[[Recipe, dict[str, Any]], keras.optimizers.Optimizer]] = {
    "adam": lambda recipe, options: keras.optimizers.Adam(**options),
    "adamw": lambda recipe, options: keras.optimizers.AdamW(**options),
    "sgd": lambda recipe, options: keras.optimizers.SGD(momentum=recipe.momentum, nesterov=recipe.nesterov, **options),
    "rmsprop": lambda recipe, options: keras.optimizers.RMSprop(momentum=recipe.momentum, **options),
}
