"""Models by name or by configuration, ready to be trained and reused from trial to trial."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from api_schemas.training.models import ModelSpec
from api_schemas.training.settings import TrainingSettings
from augury.planning.canonical import canonical_json
from augury.training.errors import UserInputError
from augury.training.evaluation import batch_that_fits
from augury.training.model_files.stored import read_stored_model
from augury.training.networks.building import build
from augury.training.networks.builtin import Shape
from augury.training.networks.frozen_part import split_at_frozen
from augury.training.networks.memory import largest_activation_bytes, require_memory
from augury.training.optimisation.mixed_precision import ImageType, compute_in_bfloat16, image_type, require_accelerator
from augury.training.optimisation.objective import Objective
from augury.training.optimisation.recipe import Recipe, optimizer_of, recipe_of
from augury.training.progress.amount import forward_share
from augury.training.steppers import Stepper, stepper_of

Values = list[npt.NDArray[Any]]


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
    source = _Source.of(model, file, shape, classes)
    _require_memory(source, training.batch_size)
    return _started(source, training, _initial_values(source, seed))


def continued_learner(
    before: Learner, model: ModelSpec, shape: Shape, training: TrainingSettings, file: Path | None
) -> Learner:
    """The weights of *before*, of which *model* has other layers trained, and a fresh optimizer.

    Raises:
        UserInputError: *model* names no layer to be trained.
    """
    model_before = before.whole or before.model
    classes = model_before.output_shape[-1]
    source = _Source.of(model, file, shape, classes)
    learner = _started(source, training, _values(model_before.variables))
    return replace(learner, class_weights=before.class_weights)


@dataclass(frozen=True)
class _Source:
    """What a model is built of, fit to be the key of a cache."""

    spec: str
    file: Path | None
    shape: Shape
    classes: int

    @classmethod
    def of(cls, model: ModelSpec, file: Path | None, shape: Shape, classes: int) -> _Source:
        """Of what it is built alone, so that those who feed it otherwise share what is compiled."""
        return cls(canonical_json(model.model_dump(mode="json", exclude={"feature_views"})), file, shape, classes)

    def build(self, *, with_weights: bool = True) -> keras.Model:
        """The model."""
        spec = ModelSpec.model_validate_json(self.spec)
        stored = None if self.file is None else read_stored_model(self.file)
        return build(spec, stored, self.shape, self.classes, with_weights=with_weights)


def _started(source: _Source, training: TrainingSettings, values: Values) -> Learner:
    """The compiled model with these values of its variables, and its optimizer as before any step."""
    learner, pristine_optimizer = _compiled(source, recipe_of(training))
    variables = [*learner.model.variables, *_optimizer_variables(learner)]
    for variable, value in zip(variables, [*values, *pristine_optimizer], strict=True):
        variable.assign(value)
    return learner


@lru_cache(maxsize=8)
def _require_memory(source: _Source, batch_size: int) -> None:
    """See ``require_memory``; what was found to be enough is not worked out again."""
    require_memory(partial(source.build, with_weights=False), batch_size)


@lru_cache(maxsize=4)  # of each stage one
def _compiled(source: _Source, recipe: Recipe) -> tuple[Learner, Values]:
    model = source.build(with_weights=False)
    if recipe.mixed_precision:
        compute_in_bfloat16(model)
    learner = _compile(model, recipe)
    _require_probabilities(learner, source.shape)
    parts = None if source.file is None or recipe.mixed_precision else split_at_frozen(model)
    if parts is not None:
        top = replace(_compile(parts.above, recipe), whole=model)
        learner = replace(learner, frozen=Frozen(parts.below, top))
    return learner, _values(_optimizer_variables(learner))


def _compile(model: keras.Model, recipe: Recipe) -> Learner:
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer_of(recipe), loss=loss, metrics=["accuracy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    stepper = stepper_of(model, Objective.of(recipe))
    return Learner(model, stepper, batch_that_fits(largest_activation_bytes(model)))


def _optimizer_variables(learner: Learner) -> list[Any]:
    """Of the model's optimizer, and of that of its top, where it has one."""
    of_top = [] if learner.frozen is None else learner.frozen.top.model.optimizer.variables
    return [*learner.model.optimizer.variables, *of_top]


@lru_cache(maxsize=2)  # the arms of one seed follow each other, and share them
def _initial_values(source: _Source, seed: int) -> Values:
    keras.utils.set_random_seed(seed)
    model = source.build()
    return _values(model.variables)  # with the state of dropout's generators


def _values(variables: list[Any]) -> Values:
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def _require_probabilities(learner: Learner, shape: Shape) -> None:
    """A black image is enough to tell a softmax from logits or independent sigmoids."""
    outputs = learner.stepper.probabilities(np.zeros((1, *shape), np.float32))
    if not (np.isfinite(outputs).all() and (outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3)):
        raise UserInputError("the model must give probabilities that sum to 1; end it with a softmax activation")
