"""From a checked configuration and checked arrays to a Keras model, and from that to the file that is kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras.src.saving import saving_lib

from api_schemas.models.model import ModelFacts, ModelLayer
from augury.training.errors import UserInputError
from augury.training.model_files.archive import read_config
from augury.training.model_files.errors import ModelFileError
from augury.training.model_files.hdf5 import Arrays
from augury.training.model_files.hdf5_by_layer import Layers
from augury.training.model_files.stored import StoredModel, write_stored_model
from augury.training.model_reading.content import Content, Network
from augury.training.model_reading.protocol import STORED_FILE, ReadModel
from augury.training.networks.building import model_from_config, named_network
from augury.training.networks.memory import without_allocating

_WRONG = (ValueError, KeyError, TypeError, AttributeError, IndexError)


class _Checked(saving_lib.NpzIOStore):  # type: ignore[misc]  # what Keras takes weights from, by its type
    """Arrays in the place of the files that Keras would open."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays

    def get(self, path: str) -> dict[str, Any]:
        """The variables of the object with that path."""
        return self._arrays.get(path, {})

    def has_path(self, path: str) -> bool:
        """Whether there are any, of it or of what it holds."""
        return any(known == path or known.startswith(f"{path}/") for known in self._arrays)


def rebuild(content: Content, network: Network | None, workspace: Path) -> ReadModel:
    """Make the model, see that it and its weights belong together, and write it below *workspace*.

    Raises:
        ModelFileError: ``model.config``: Keras cannot make a model of it; ``model.input``: it takes no images;
            ``model.weights``: the arrays are not those that it has.
    """
    keras.utils.clear_session()  # names of layers begin with the first number again
    build = partial(_build, content.config, network)
    try:
        expected = without_allocating(build).count_params()  # before as much memory as it says is taken
        _require_as_many(expected, content)
        keras.utils.clear_session()
        model = build()
    except UserInputError as error:
        raise ModelFileError("model.config", str(error)) from error
    _require_images(model)
    _load(model, content)
    weights = [keras.ops.convert_to_numpy(weight) for weight in model.weights]
    _require_finite(model, weights)
    # What Keras writes of the model is what it reads of it again, and it goes through the same checks.
    config = read_config(model.to_json().encode())
    file = workspace / STORED_FILE
    digest = write_stored_model(file, StoredModel(config, weights))
    return ReadModel(file, digest, _facts(model, content.format, file.stat().st_size))


def _build(config: dict[str, Any] | None, network: Network | None) -> keras.Model:
    if config is not None:
        return model_from_config(config, "config.json")
    assert network is not None, "a file of weights alone comes with its network"
    return named_network(network.name, network.input_shape, network.classes)


def _require_as_many(expected: int, content: Content) -> None:
    """A configuration that is larger than its weights is not built: it could ask for any amount of memory."""
    sizes = [array.size for array in (content.by_name or {}).values()]
    sizes += [array.size for arrays in (content.by_path or {}).values() for array in arrays.values()]
    sizes += [array.size for arrays in content.by_layer or [] for array in arrays]
    if sum(sizes) < expected:
        message = f"the network has {expected:,} weights, and the file holds {sum(sizes):,} numbers"
        raise ModelFileError("model.weights", message)


def _require_images(model: keras.Model) -> None:
    takes = model.input_shape
    if not isinstance(takes, tuple) or len(takes) != 4 or takes[0] is not None:
        shown = takes[1:] if isinstance(takes, tuple) else takes
        raise ModelFileError("model.input", f"the model takes {shown}; expected one image of height, width, channels")
    if not isinstance(model.output_shape, tuple):
        raise ModelFileError("model.input", f"the model gives {len(model.outputs)} outputs; expected one")


def _load(model: keras.Model, content: Content) -> None:
    try:
        if content.by_name is not None:
            _load_by_name(model, content.by_name)
        elif content.by_layer is not None:
            _load_by_layer(model, content.by_layer)
        else:  # Keras's own walk over the layers, which knows where each has its weights
            store = _Checked(content.by_path or {})
            saving_lib._load_state(model, weights_store=store, assets_store=None, inner_path="")
    except _WRONG as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        raise ModelFileError("model.weights", f"the weights do not fit the network: {reason}") from error


def _load_by_name(model: keras.Model, arrays: dict[str, Any]) -> None:
    names = [weight.path for weight in model.weights]
    missing, unknown = sorted(set(names) - arrays.keys()), sorted(arrays.keys() - set(names))
    if missing or unknown:
        what = f"{missing[0]!r} is not in the file" if missing else f"{unknown[0][:200]!r} is no weight of the network"
        raise ModelFileError("model.weights", f"arrays are named like the variables of the network in Keras; {what}")
    for weight in model.weights:
        weight.assign(np.asarray(arrays[weight.path], np.float32))


def _load_by_layer(model: keras.Model, layers: Layers) -> None:
    """As Keras loads what its earlier versions wrote: by order, of layers and of each one's weights."""
    variables = [layer.trainable_weights + layer.non_trainable_weights for layer in model.layers if layer.weights]
    if [len(each) for each in variables] != [len(each) for each in layers]:
        message = f"the network has {len(variables)} layers with weights, and the file {len(layers)}, or others"
        raise ModelFileError("model.weights", message)
    for of_layer, arrays in zip(variables, layers, strict=True):
        for variable, array in zip(of_layer, arrays, strict=True):
            variable.assign(np.asarray(array, np.float32))


def _require_finite(model: keras.Model, weights: list[Any]) -> None:
    for variable, weight in zip(model.weights, weights, strict=True):
        if not np.isfinite(weight).all():
            raise ModelFileError("model.weights", f"{variable.path} has values that are not finite")


def _facts(model: keras.Model, file_format: Any, size: int) -> ModelFacts:
    layers = [
        ModelLayer(
            name=layer.name,
            kind=type(layer).__name__,
            output_shape=_of_one(getattr(layer, "output", None)),
            parameters=layer.count_params(),
            is_trainable=bool(layer.trainable),
        )
        for layer in model.layers
    ]
    output = list(model.output_shape[1:])
    is_classifier = len(output) == 1 and _ends_in_softmax(model)
    return ModelFacts(
        format=file_format,
        layers=layers,
        parameters=model.count_params(),
        trainable_parameters=sum(math.prod(weight.shape) for weight in model.trainable_weights),
        input_shape=list(model.input_shape[1:]),
        output_shape=output,
        classes=output[0] if is_classifier else None,
        bytes=size,
    )


def _of_one(output: Any) -> list[int | None]:
    tensor = output[0] if isinstance(output, list | tuple) and output else output
    return list(tensor.shape[1:]) if hasattr(tensor, "shape") else []


def _ends_in_softmax(model: keras.Model) -> bool:
    last = model.layers[-1]
    activation: Callable[..., Any] | None = getattr(last, "activation", None)
    return isinstance(last, keras.layers.Softmax) or getattr(activation, "__name__", "") == "softmax"
