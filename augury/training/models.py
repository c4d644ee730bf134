"""Models by name or by configuration, ready to be trained and reused from trial to trial."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from api_schemas.training.models import ModelSpec
from api_schemas.training.settings import TrainingSettings
from augury.training.errors import UserInputError
from augury.training.evaluation import batch_that_fits
from augury.training.networks.builtin import Shape
from augury.training.networks.frozen_part import split_at_frozen
from augury.training.networks.memory import largest_activation_bytes
from augury.training.networks.source import Source, initial_values, require_memory_for, values_of
from augury.training.on_jax.stack import Stack
from augury.training.on_jax.stepper import JaxStepper
from augury.training.optimisation.mixed_precision import ImageType, compute_in_bfloat16, image_type, require_accelerator
from augury.training.optimisation.objective import Objective
from augury.training.optimisation.recipe import Recipe, optimizer_of, recipe_of
from augury.training.progress.amount import forward_share
from augury.training.steppers import BatchStepper, Stepper, TensorFlowStepper

Values = list[npt.NDArray[Any]]

_STEPPERS: dict[str, Callable[[keras.Model, Objective], Stepper]] = {
    "tensorflow": TensorFlowStepper,
    "jax": JaxStepper,
}
"""By backend; others have Keras's own functions."""
_COMPUTING = {"tensorflow": ("keras", "tensorflow"), "jax": ("keras", "jax", "jaxlib")}
"""By backend: whose versions a result is of."""


@dataclass(frozen=True)
class Learner:
    """A compiled model with its steps, and how many images fit into one of its forward passes.

    ``class_weights`` ``[classes]`` float32 are heeded where the steps were compiled for them.
    """

    model: keras.Model
    stepper: Stepper
    evaluation_batch: int
    class_weights: npt.NDArray[np.float32] = field(default_factory=lambda: np.ones(1, np.float32))
    whole: keras.Model | None = None
    """Of a learner that is the top of a frozen part: both together."""
    frozen: Frozen | None = None
    """Where the model has a part that is worth it."""

    @property
    def image_type(self) -> ImageType:
        """That images are best handed over in: the half of float32's bytes where the model sees no other bits."""
        return image_type(self.model)

    @property
    def forward_share(self) -> float:
        """What looking at an image takes, as a share of what training on it takes."""
        trained = sum(math.prod(weight.shape) for weight in self.model.trainable_weights)
        return forward_share(trained, self.model.count_params())

    def saved(self, learning_rate: float) -> bytes:
        """The model with weights and optimizer, as a ``.keras`` file.

        Whoever trains it further begins at that rate, and not at the end of a schedule.
        """
        model = self.whole or self.model
        model.optimizer.learning_rate = learning_rate
        file = io.BytesIO()
        keras.src.saving.saving_lib.save_model(model, file)  # the public function takes only paths
        return file.getvalue()


@dataclass(frozen=True)
class Frozen:
    """A part of a model that is not trained, and the learner of what is above it, with the same variables."""

    below: keras.Model
    top: Learner

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one image's features."""
        return tuple(self.below.output_shape[1:])

    def forward(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Images ``[n, H, W, C]`` to features ``[n, ...]``."""
        return np.asarray(self.below.predict_on_batch(images))


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Of the libraries that compute models in this process."""
    return {name: metadata.version(name) for name in _COMPUTING.get(keras.backend.backend(), ("keras",))}


def initialised_learner(
    model: ModelSpec, shape: Shape, classes: int, training: TrainingSettings, seed: int, file: Path | None = None
) -> Learner:
    """A model with fresh weights and a fresh optimizer, both determined by *seed*.

    A registered model's weights are those in *file*, its stored form, and fresh is a new top alone. The compiled
    functions of a model are kept for the process: tracing them again for every trial would take longer than training a
    small one. They are the same for all batch sizes, learning rates and class weights.

    Raises:
        UserInputError: the model does not fit the images or the classes.
        ModelTooLargeError: training it takes more memory than there is.
    """
    if training.mixed_precision:
        require_accelerator()
    source = Source.of(model, file, shape, classes)
    require_memory_for(source, training.batch_size)
    return _started(source, training, initial_values(source, seed))


def learners_together(
    model: ModelSpec, shape: Shape, classes: int, training: TrainingSettings, seeds: Mapping[int, int], rows: int
) -> tuple[Stack, list[Learner]]:
    """The same for a model that is not registered, in so many *rows*, whose steps are computed together.

    With the JAX backend alone. Those rows are fresh that *seeds* has a seed for, and what is in the others is not to be
    used. Each of the learners belongs on a thread of its own; see ``Stack``.

    Raises:
        UserInputError: the model does not fit the images or the classes.
        ModelTooLargeError: training one of it takes more memory than there is.
    """
    if training.mixed_precision:
        require_accelerator()
    source = Source.of(model, None, shape, classes)
    require_memory_for(source, training.batch_size)
    stack, learners, pristine = _compiled_together(source, recipe_of(training), rows)
    for row, seed in seeds.items():
        _with_values(learners[row], [*initial_values(source, seed), *pristine])
    return stack, learners


def continued_learner(
    before: Learner, model: ModelSpec, shape: Shape, training: TrainingSettings, file: Path | None
) -> Learner:
    """The weights of *before*, of which *model* has other layers trained, and a fresh optimizer.

    Raises:
        UserInputError: *model* names no layer to be trained.
    """
    model_before = before.whole or before.model
    classes = model_before.output_shape[-1]
    source = Source.of(model, file, shape, classes)
    learner = _started(source, training, values_of(model_before.variables))
    return replace(learner, class_weights=before.class_weights)


def _started(source: Source, training: TrainingSettings, values: Values) -> Learner:
    """The compiled model with these values of its variables, and its optimizer as before any step."""
    learner, pristine_optimizer = _compiled(source, recipe_of(training))
    return _with_values(learner, [*values, *pristine_optimizer])


def _with_values(learner: Learner, values: Values) -> Learner:
    """The same, its variables and those of its optimizer with these values."""
    variables = [*learner.model.variables, *_optimizer_variables(learner)]
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return learner


@lru_cache(maxsize=4)  # of each stage one
def _compiled(source: Source, recipe: Recipe) -> tuple[Learner, Values]:
    model = source.build(with_weights=False)
    if recipe.mixed_precision:
        compute_in_bfloat16(model)
    learner = _compile(model, recipe)
    _require_probabilities(learner, source.shape)
    parts = None if source.file is None or recipe.mixed_precision else split_at_frozen(model)
    if parts is not None:
        top = replace(_compile(parts.above, recipe), whole=model)
        learner = replace(learner, frozen=Frozen(parts.below, top))
    return learner, values_of(_optimizer_variables(learner))


def _compile(model: keras.Model, recipe: Recipe) -> Learner:
    _give_optimizer(model, recipe)
    stepper = _STEPPERS.get(keras.backend.backend(), BatchStepper)(model, Objective.of(recipe))
    return Learner(model, stepper, batch_that_fits(largest_activation_bytes(model)))


def _give_optimizer(model: keras.Model, recipe: Recipe) -> None:
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer_of(recipe), loss=loss, metrics=["accuracy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)


@lru_cache(maxsize=2)
def _compiled_together(source: Source, recipe: Recipe, number: int) -> tuple[Stack, list[Learner], Values]:
    models = [source.build() for _ in range(number)]
    for model in models:
        if recipe.mixed_precision:
            compute_in_bfloat16(model)
        _give_optimizer(model, recipe)
    _require_probabilities(Learner(models[0], JaxStepper(models[0]), 1), source.shape)
    stack = Stack(models, Objective.of(recipe))
    at_once = batch_that_fits(number * largest_activation_bytes(models[0]))
    learners = [Learner(model, own, at_once) for model, own in zip(models, stack.steppers, strict=True)]
    return stack, learners, values_of(models[0].optimizer.variables)


def _optimizer_variables(learner: Learner) -> list[Any]:
    """Of the model's optimizer, and of that of its top, where it has one."""
    of_top = [] if learner.frozen is None else learner.frozen.top.model.optimizer.variables
    return [*learner.model.optimizer.variables, *of_top]


def _require_probabilities(learner: Learner, shape: Shape) -> None:
    """A black image is enough to tell a softmax from logits or independent sigmoids."""
    outputs = learner.stepper.probabilities(np.zeros((1, *shape), np.float32))
    if not (np.isfinite(outputs).all() and (outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3)):
        raise UserInputError("the model must give probabilities that sum to 1; end it with a softmax activation")
