"""From the model of a definition to a Keras model: built in, of keras.applications, by configuration, or stored."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import keras

from api_schemas.training.models import APPLICATIONS, ModelSpec
from augury.training.errors import UserInputError
from augury.training.model_files.stored import StoredModel
from augury.training.networks.builtin import NETWORKS, Shape
from augury.training.networks.freezing import set_trainable
from augury.training.networks.heads import replace_head

AnyShape = tuple[int | None, int | None, int]
"""Height, width and channels; None: of any size."""
_WITHOUT_PREPROCESSING = frozenset({"EfficientNetV2B0", "MobileNetV3Small"})  # it is the spec that preprocesses


def build(
    spec: ModelSpec, stored: StoredModel | None, shape: Shape, classes: int, *, with_weights: bool = True
) -> keras.Model:
    """The model for images of that shape and so many classes, with fresh weights but for those that are *stored*.

    Which of its layers are trained is as *spec* says. Without *with_weights* the stored ones are left out, for those
    who only ask how large the model is.

    Raises:
        UserInputError: the model does not fit the images or the classes.
    """
    if spec.name is not None:
        model = named_network(spec.name, shape, classes)
        return set_trainable(model, spec.trainable)
    config = spec.config if stored is None else stored.config
    assert config is not None, "a model has a name, a configuration or a digest"
    what = "model.config" if stored is None else "the model"
    model = model_from_config(config, what)
    require_input(model, shape, what)
    if stored is not None and with_weights:
        for variable, value in zip(model.weights, stored.weights, strict=True):
            variable.assign(value)
    if spec.head is not None:
        model = replace_head(model, spec.head, classes)
    require_output(model, classes, what)
    return set_trainable(model, spec.trainable)


def named_network(name: str, shape: AnyShape, classes: int | None) -> keras.Model:
    """One of our own networks, or of keras.applications; the latter without its top where *classes* is None.

    Raises:
        UserInputError: the images are too small for it.
    """
    if name in APPLICATIONS:
        return _application(name, shape, classes)
    if classes is None:
        raise UserInputError(f"architecture {name} has no form without its top; say how many classes it has")
    height, width, channels = shape
    assert height is not None, "only what has no top takes images of any size"
    assert width is not None, "as above"
    return NETWORKS[name]((height, width, channels), classes)


def _application(name: str, shape: AnyShape, classes: int | None) -> keras.Model:
    smallest = APPLICATIONS[name]
    if any(side is not None and side < smallest for side in shape[:2]):
        raise UserInputError(
            f"model {name} takes images of {smallest}x{smallest} or more, and the dataset's are {shape[0]}x{shape[1]}; "
            "register it with a larger image_size, or choose another model"
        )
    name = name.removeprefix("applications/")
    options: dict[str, Any] = {"include_preprocessing": False} if name in _WITHOUT_PREPROCESSING else {}
    options |= {"include_top": False} if classes is None else {"classes": classes}
    return getattr(keras.applications, name)(weights=None, input_shape=shape, **options)


def model_from_config(config: dict[str, Any], what: str) -> keras.Model:
    """A model of a checked configuration; *what* it is called in messages.

    Raises:
        UserInputError: Keras cannot make one of it.
    """
    try:
        model = keras.saving.deserialize_keras_object(deepcopy(config), safe_mode=True)  # which empties its argument
    except Exception as error:  # whatever Keras raises, it is about what the client wrote
        raise UserInputError(f"Keras cannot make a model of {what}: {_first_line(error)}") from error
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise UserInputError(f"{what} does not say the size of its input; begin it with an InputLayer")
    return model


def require_input(model: keras.Model, shape: Shape, what: str) -> None:
    """See that the model takes images of that shape.

    Raises:
        UserInputError: it does not.
    """
    takes = model.input_shape
    if not _is_taken(takes, shape):
        raise UserInputError(f"{what} takes images {_size(takes)}, and the dataset's are {shape}")


def require_output(model: keras.Model, classes: int, what: str) -> None:
    """See that the model gives one number for each class.

    Raises:
        UserInputError: it does not.
    """
    gives = model.output_shape
    if gives != (None, classes):
        remedy = "" if what == "model.config" else '; give it a new top with "head": {}'
        raise UserInputError(
            f"{what} gives an output of shape {_size(gives)}, and the dataset needs ({classes},): "
            f"one probability for each of its classes{remedy}"
        )


def _is_taken(given: Any, shape: Shape) -> bool:
    """Whether a model with this input shape (None: any size) takes images of *shape*."""
    if not isinstance(given, tuple) or len(given) != 4 or given[0] is not None:
        return False
    return all(given_size in (None, size) for given_size, size in zip(given[1:], shape, strict=True))


def _size(shape: Any) -> Any:
    return shape[1:] if isinstance(shape, tuple) else shape


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
