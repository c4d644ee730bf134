"""Models by name or by configuration, ready to be trained and reused from trial to trial."""

from __future__ import annotations

import io
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from api_schemas.training.models import APPLICATIONS, ModelSpec
from api_schemas.training.settings import TrainingSettings
from augury.planning.canonical import canonical_json
from augury.training.errors import UserInputError
from augury.training.evaluation import batch_that_fits
from augury.training.model_memory import largest_activation_bytes, require_memory
from augury.training.networks import NETWORKS, Shape
from augury.training.optimisation.mixed_precision import compute_in_bfloat16, require_accelerator
from augury.training.optimisation.objective import Objective
from augury.training.optimisation.recipe import Recipe, optimizer_of, recipe_of
from augury.training.steppers import Stepper, stepper_of

Values = list[npt.NDArray[Any]]
_WITHOUT_PREPROCESSING = frozenset({"EfficientNetV2B0", "MobileNetV3Small"})  # it is the spec that preprocesses


@dataclass(frozen=True)
class Learner:
    """A compiled model with its steps, and how many images fit into one of its forward passes.

    ``class_weights`` ``[classes]`` float32 are heeded where the steps were compiled for them.
    """

    model: keras.Model
    stepper: Stepper
    evaluation_batch: int
    class_weights: npt.NDArray[np.float32] = field(default_factory=lambda: np.ones(1, np.float32))

    def saved(self, learning_rate: float) -> bytes:
        """The model with weights and optimizer, as a ``.keras`` file.

        Whoever trains it further begins at that rate, and not at the end of a schedule.
        """
        self.model.optimizer.learning_rate = learning_rate
        file = io.BytesIO()
        keras.src.saving.saving_lib.save_model(self.model, file)  # the public function takes only paths
        return file.getvalue()


def initialised_learner(model: ModelSpec, shape: Shape, classes: int, training: TrainingSettings, seed: int) -> Learner:
    """A model with fresh weights and a fresh optimizer, both determined by *seed*.

    The compiled functions of a model are kept for the process: tracing them again for every trial would take
    longer than training a small one. They are the same for all batch sizes, learning rates and class weights.

    Raises:
        UserInputError: the model does not fit the images or the classes.
        ModelTooLargeError: training it takes more memory than there is.
    """
    if training.mixed_precision:
        require_accelerator()
    as_json = canonical_json(model.model_dump(mode="json"))
    _require_memory(as_json, shape, classes, training.batch_size)
    learner, pristine_optimizer = _compiled(as_json, shape, classes, recipe_of(training))
    initial = _initial_values(as_json, shape, classes, seed)
    variables = [*learner.model.variables, *learner.model.optimizer.variables]
    for variable, value in zip(variables, [*initial, *pristine_optimizer], strict=True):
        variable.assign(value)
    return learner


@lru_cache(maxsize=8)
def _require_memory(as_json: str, shape: Shape, classes: int, batch_size: int) -> None:
    """See ``require_memory``; what was found to be enough is not worked out again."""
    require_memory(partial(_build, ModelSpec.model_validate_json(as_json), shape, classes), batch_size)


@lru_cache(maxsize=2)
def _compiled(as_json: str, shape: Shape, classes: int, recipe: Recipe) -> tuple[Learner, Values]:
    model = _build(ModelSpec.model_validate_json(as_json), shape, classes)
    if recipe.mixed_precision:
        compute_in_bfloat16(model)
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer_of(recipe), loss=loss, metrics=["accuracy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    stepper = stepper_of(model, Objective.of(recipe))
    learner = Learner(model, stepper, batch_that_fits(largest_activation_bytes(model)))
    _require_probabilities(learner, shape)
    return learner, _values(model.optimizer.variables)


@lru_cache(maxsize=2)  # the arms of one seed follow each other, and share them
def _initial_values(as_json: str, shape: Shape, classes: int, seed: int) -> Values:
    keras.utils.set_random_seed(seed)
    model = _build(ModelSpec.model_validate_json(as_json), shape, classes)
    return _values(model.variables)  # with the state of dropout's generators


def _values(variables: list[Any]) -> Values:
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def _build(spec: ModelSpec, shape: Shape, classes: int) -> keras.Model:
    if spec.config is not None:
        return _from_config(spec.config, shape, classes)
    assert spec.name is not None, "a model has a name or a configuration"
    return _application(spec.name, shape, classes) if spec.name in APPLICATIONS else NETWORKS[spec.name](shape, classes)


def _application(name: str, shape: Shape, classes: int) -> keras.Model:
    smallest = APPLICATIONS[name]
    if min(shape[:2]) < smallest:
        raise UserInputError(
            f"model {name} takes images of {smallest}x{smallest} or more, and the dataset's are {shape[0]}x{shape[1]}; "
            "register it with a larger image_size, or choose another model"
        )
    name = name.removeprefix("applications/")
    options = {"include_preprocessing": False} if name in _WITHOUT_PREPROCESSING else {}
    return getattr(keras.applications, name)(weights=None, input_shape=shape, classes=classes, **options)


def _from_config(config: dict[str, Any], shape: Shape, classes: int) -> keras.Model:
    try:
        model = keras.saving.deserialize_keras_object(deepcopy(config), safe_mode=True)  # which empties its argument
    except Exception as error:  # whatever Keras raises, it is about what the client wrote
        raise UserInputError(f"Keras cannot make a model of model.config: {_first_line(error)}") from error
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise UserInputError("model.config does not say the size of its input; begin it with an InputLayer")
    takes, gives = model.input_shape, model.output_shape
    if not _is_taken(takes, shape):
        raise UserInputError(f"model.config takes images {_size(takes)}, and the dataset's are {shape}")
    if gives != (None, classes):
        raise UserInputError(
            f"model.config gives an output of shape {_size(gives)}, and the dataset needs ({classes},): "
            "one probability for each of its classes"
        )
    return model


def _is_taken(given: Any, shape: Shape) -> bool:
    """Whether a model with this input shape (None: any size) takes images of *shape*."""
    if not isinstance(given, tuple) or len(given) != 4 or given[0] is not None:
        return False
    return all(given_size in (None, size) for given_size, size in zip(given[1:], shape, strict=True))


def _size(shape: Any) -> Any:
    return shape[1:] if isinstance(shape, tuple) else shape


def _require_probabilities(learner: Learner, shape: Shape) -> None:
    """A black image is enough to tell a softmax from logits or independent sigmoids."""
    outputs = learner.stepper.probabilities(np.zeros((1, *shape), np.float32))
    if not (np.isfinite(outputs).all() and (outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3)):
        raise UserInputError("model.config must give probabilities that sum to 1; end it with a softmax activation")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
