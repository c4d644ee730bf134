"""A new top for a model of another task: from a cut on, pooling, dropout, and a softmax over the classes."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers

from api_schemas.training.models import Head
from augury.training.errors import UserInputError

HEAD_PREFIX = "new_head_"
"""How the names of all layers of a new top begin."""
MAX_FEATURES = 2**20
"""Of an image, that a top is put on."""
_MAX_NAMES = 8


def replace_head(model: keras.Model, head: Head, classes: int) -> keras.Model:
    """The model up to its cut, with a new top.

    The cut is the layer that *head* names. Where it names none it is the last layer that gives features of places in
    the image (height, width, channels), so that pooled features and classifiers above it go; and in a model without
    such layers the one before the last that has weights.

    Raises:
        UserInputError: there is no such layer, or no top can be put on what it gives.
    """
    features = _output_of(model, _cut(model, head))
    rank = len(features.shape) - 1
    if rank not in (1, 3) or None in features.shape[-1:]:
        raise UserInputError(
            f"model.head cannot be put on an output of shape {tuple(features.shape[1:])}; cut at a layer that gives "
            "one number a feature, or features by height, width and channels"
        )
    pooled = _POOLING[head.pooling](features) if rank == 3 else features
    if None in pooled.shape[1:] or math.prod(pooled.shape[1:]) > MAX_FEATURES:
        message = f"model.head: {tuple(pooled.shape[1:])} features are too many or unknown; take another pooling"
        raise UserInputError(message)
    if head.dropout:
        pooled = layers.Dropout(head.dropout, name=f"{HEAD_PREFIX}dropout")(pooled)
    outputs = layers.Dense(classes, activation="softmax", name=f"{HEAD_PREFIX}dense")(pooled)
    try:
        return keras.Model(model.inputs, outputs)
    except ValueError as error:  # the model has a top of ours already, and is cut above it
        raise UserInputError(f"model.head: cut the model below its present top, {HEAD_PREFIX}…") from error


def is_of_head(layer: Any) -> bool:
    """Whether a layer is part of a new top."""
    return str(layer.name).startswith(HEAD_PREFIX)


def _flattened(features: Any) -> Any:
    return layers.Flatten(name=f"{HEAD_PREFIX}pooling")(features)


def _averaged(features: Any) -> Any:
    return layers.GlobalAveragePooling2D(name=f"{HEAD_PREFIX}pooling")(features)


def _largest(features: Any) -> Any:
    return layers.GlobalMaxPooling2D(name=f"{HEAD_PREFIX}pooling")(features)


_POOLING = {"average": _averaged, "max": _largest, "none": _flattened}


def _cut(model: keras.Model, head: Head) -> Any:
    if head.cut is not None:
        return _named(model, head.cut)
    of_places = [layer for layer in model.layers if _gives_places(model, layer)]
    if of_places:
        return of_places[-1]
    weighted = [layer for layer in model.layers if layer.weights]
    before = model.layers[: model.layers.index(weighted[-1])] if weighted else []
    if not before:
        raise UserInputError("model.head: the model has no layer that a new top could be put on; name one as cut")
    return before[-1]


def _named(model: keras.Model, name: str) -> Any:
    found = next((layer for layer in model.layers if layer.name == name), None)
    if found is None:
        names = ", ".join(layer.name for layer in model.layers[-_MAX_NAMES:])
        raise UserInputError(f"model.head.cut: there is no layer {name!r}; the last ones are {names}")
    return found


def _output_of(model: keras.Model, layer: Any) -> Any:
    """What a layer gives in this model: one that is a model itself has another output of its own."""
    graph = getattr(model, "_functional", None) or model
    nodes = (node for depth in graph._nodes_by_depth.values() for node in depth)
    return next(node.output_tensors[0] for node in nodes if node.operation is layer)


def _gives_places(model: keras.Model, layer: Any) -> bool:
    return not isinstance(layer, layers.InputLayer) and len(_output_of(model, layer).shape) == 4
