"""The part of a network below which nothing is trained and nothing is drawn: its outputs are the same every time.

An image that is not augmented has to go through it once, and not once an epoch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras

MAX_VALUES = 2**20
"""Of an image's features, that are worth keeping."""
_DRAWING = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.GaussianNoise,
    keras.layers.GaussianDropout,
    keras.layers.MultiHeadAttention,  # which has a dropout of its own
)
"""Layers that draw random numbers while a model is trained, whether they are frozen or not."""


class FrozenPart(NamedTuple):
    """Two models that together are one, with the same layers: images to features, and features to classes."""

    below: keras.Model
    above: keras.Model


def split_at_frozen(model: keras.Model) -> FrozenPart | None:
    """The network in two, cut as high as its frozen part reaches; None where it has none that is worth it.

    Only the chain of layers at its end is looked at, of which each has one input: a new top is such a chain.
    """
    chain = list(_chain_from_the_end(model))
    if not chain:
        return None
    live = {id(layer) for layer in _flat(model) if _is_live(layer)}
    upper, features = 0, None
    for number, (layer, given) in enumerate(chain):
        if any(id(inner) in live for inner in _flat(layer)):
            upper, features = number + 1, given
    above = [layer for layer, _ in chain[:upper]]
    in_above = {id(inner) for layer in above for inner in _flat(layer)}
    if features is None or not live <= in_above or not _is_modest(features) or _is_given(model, features):
        return None
    # The graph above the cut is taken as it is: Keras puts an input in the place of the tensor.
    return FrozenPart(keras.Model(model.inputs, features), keras.Model(features, model.outputs[0]))


def _chain_from_the_end(model: keras.Model) -> Iterator[tuple[Any, Any]]:
    """Layers with what each is given, from the last one on, as long as each has one input and is used once."""
    graph = getattr(model, "_functional", None) or model
    nodes = [node for depth in graph._nodes_by_depth.values() for node in depth]
    made_by = {id(tensor): node for node in nodes for tensor in node.output_tensors}
    tensor = model.outputs[0]
    while (node := made_by.get(id(tensor))) is not None and len(node.input_tensors) == 1:
        tensor = node.input_tensors[0]
        yield node.operation, tensor


def _flat(layer: Any) -> list[Any]:
    return list(layer._flatten_layers()) if isinstance(layer, keras.layers.Layer) else [layer]


def _is_live(layer: Any) -> bool:
    """Whether it gives something else from step to step."""
    if isinstance(layer, keras.Model):
        return False  # what is in it is asked
    is_trained = bool(getattr(layer, "_trainable_variables", ())) and bool(layer.trainable)
    is_normalising = isinstance(layer, keras.layers.BatchNormalization) and bool(layer.trainable)
    return is_trained or is_normalising or isinstance(layer, _DRAWING)


def _is_modest(features: Any) -> bool:
    shape = features.shape[1:]
    return None not in shape and math.prod(shape) <= MAX_VALUES


def _is_given(model: keras.Model, features: Any) -> bool:
    return any(features is given for given in model.inputs)
