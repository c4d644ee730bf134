"""Models by name or by configuration, ready to be trained and reused from trial to trial."""

from __future__ import annotations

import io
from dataclasses import dataclass
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
from augury.training.networks.memory import largest_activation_bytes, require_memory
from augury.training.steppers import Stepper, stepper_of

Values = list[npt.NDArray[Any]]


@dataclass(frozen=True)
class Learner:
    """A compiled model with its steps, and how many images fit into one of its forward passes."""

    model: keras.Model
    stepper: Stepper
    evaluation_batch: int

    def saved(self) -> bytes:
        """The model with weights and optimizer, as a ``.keras`` file."""
        file = io.BytesIO()
        keras.src.saving.saving_lib.save_model(self.model, file)  # the public function takes only paths
        return file.getvalue()


def initialised_learner(
    model: ModelSpec, shape: Shape, classes: int, training: TrainingSettings, seed: int, file: Path | None = None
) -> Learner:
    """A model with fresh weights and a fresh optimizer, both determined by *seed*.

    A registered model's weights are those in *file*, its stored model, and fresh is a new top alone. The compiled
    functions of a model are kept for the process: tracing them again for every trial would take longer than training a
    small one.

    Raises:
        UserInputError: the model does not fit the images or the classes.
        ModelTooLargeError: training it takes more memory than there is.
    """
    source = _Source(canonical_json(model.model_dump(mode="json")), file, shape, classes)
    learner, pristine_optimizer = _compiled(source, training.optimizer, training.batch_size)
    initial = _initial_values(source, seed)
    variables = [*learner.model.variables, *learner.model.optimizer.variables]
    for variable, value in zip(variables, [*initial, *pristine_optimizer], strict=True):
        variable.assign(value)
    learner.model.optimizer.learning_rate = training.learning_rate  # a variable, so that no rate is compiled anew
    return learner


@dataclass(frozen=True)
class _Source:
    """What a model is built of, fit to be the key of a cache."""

    spec: str
    file: Path | None
    shape: Shape
    classes: int

    def build(self, *, with_weights: bool = True) -> keras.Model:
        """The model."""
        spec = ModelSpec.model_validate_json(self.spec)
        stored = None if self.file is None else read_stored_model(self.file)
        return build(spec, stored, self.shape, self.classes, with_weights=with_weights)


@lru_cache(maxsize=2)
def _compiled(source: _Source, optimizer: str, batch_size: int) -> tuple[Learner, Values]:
    require_memory(partial(source.build, with_weights=False), batch_size)
    model = source.build(with_weights=False)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    learner = Learner(model, stepper_of(model), batch_that_fits(largest_activation_bytes(model)))
    _require_probabilities(learner, source.shape)
    return learner, _values(model.optimizer.variables)


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
