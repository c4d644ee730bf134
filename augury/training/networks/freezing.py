"""Which layers of a model are trained; the others are as they were, batch normalisation in inference mode included."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import keras

from api_schemas.training.models import Trainable
from augury.training.errors import UserInputError
from augury.training.networks.heads import is_of_head

_LAST = "last:"
_MAX_NAMES = 8


def set_trainable(model: keras.Model, trainable: Trainable | None) -> keras.Model:
    """The same model, of which those layers alone are trained; where nothing is said, those that it says itself.

    A frozen layer of batch normalisation uses the statistics that it has and learns none: that is what Keras does with
    a layer whose ``trainable`` is False, also while the model is trained.

    Raises:
        UserInputError: none of its layers is meant.
    """
    if trainable is None:
        return model
    weighted = [layer for layer in model.layers if layer.weights]
    chosen = {id(layer) for layer in _chosen(weighted, trainable)}
    if not chosen:
        names = ", ".join(layer.name for layer in weighted[-_MAX_NAMES:])
        raise UserInputError(f"model.trainable {trainable!r} names no layer with weights; the last ones are {names}")
    for layer in weighted:
        layer.trainable = id(layer) in chosen
    return model


def _chosen(weighted: list[Any], trainable: Trainable) -> list[Any]:
    if isinstance(trainable, list):
        return [layer for layer in weighted if any(fnmatchcase(layer.name, pattern) for pattern in trainable)]
    if trainable.startswith(_LAST):
        return weighted[-int(trainable.removeprefix(_LAST)) :]
    return _NAMED[trainable](weighted)


def _all(weighted: list[Any]) -> list[Any]:
    return weighted


def _of_head(weighted: list[Any]) -> list[Any]:
    """The new top; of a model without one its last layer with weights, which is its classifier."""
    return [layer for layer in weighted if is_of_head(layer)] or weighted[-1:]


_NAMED: dict[str, Callable[[list[Any]], list[Any]]] = {"all": _all, "head": _of_head}
