"""What people give as a model, as a request says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from augury.errors import NothingToSend

_LOSSES = {
    "sparsecategoricalcrossentropy": "cross_entropy",
    "categoricalcrossentropy": "cross_entropy",
    "categoricalfocalcrossentropy": "focal",
}
"""Of Keras, by their names without case and lines below."""
_KERAS_GAMMA = 2.0
_OPTIMIZERS = frozenset({"adam", "adamw", "sgd", "rmsprop"})


def model_spec(model: Any) -> dict[str, Any] | None:
    """The ``model`` of a request.

    Args:
        model: None, for the default; a name; a request's ``model``; or a Keras model, of which the architecture counts.

    Raises:
        NothingToSend: it is none of these.
    """
    if model is None:
        return None
    if isinstance(model, str):
        return {"name": model}
    if isinstance(model, Mapping):
        return dict(model)
    if hasattr(model, "to_json") and hasattr(model, "layers"):
        return {"config": json.loads(model.to_json())}
    raise NothingToSend(
        f"model is of no use: {type(model).__name__}; give a name, a model of a request, or a Keras model"
    )


def compiled_training(model: Any) -> dict[str, Any]:
    """How a compiled Keras model says that it is trained, in the words of a request; nothing where it is not compiled.

    Raises:
        NothingToSend: by an optimizer or a loss that jobs do not have.
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or isinstance(model, (str, Mapping)):
        return {}
    name = type(optimizer).__name__.lower()
    if name not in _OPTIMIZERS:
        known = ", ".join(sorted(_OPTIMIZERS))
        raise NothingToSend(f"the model is compiled with {type(optimizer).__name__}; jobs have {known}")
    training: dict[str, Any] = {"optimizer": name}
    with suppress(TypeError, ValueError):  # of a schedule of its own: the request's is taken
        training["learning_rate"] = float(optimizer.learning_rate)
    for option in ("momentum", "nesterov"):
        if name in {"sgd", "rmsprop"} and getattr(optimizer, option, False):
            training[option] = getattr(optimizer, option)
    if name == "adamw" and optimizer.weight_decay is not None:
        training["weight_decay"] = float(optimizer.weight_decay)
    if getattr(optimizer, "global_clipnorm", None):
        training["gradient_clip"] = float(optimizer.global_clipnorm)
    return training | _loss(model)


def _loss(model: Any) -> dict[str, Any]:
    """What a compiled model makes small. A name is a loss with its defaults, an object may have settings."""
    loss = getattr(model, "loss", None)
    if loss is None:
        return {}
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    found = _LOSSES.get(str(name).lower().replace("_", ""))
    if found is None:
        raise NothingToSend(f"the model is compiled with the loss {name}; jobs have cross-entropy and focal")
    training: dict[str, Any] = {"loss": found}
    if found == "focal":
        training["loss"] = {"name": "focal", "gamma": float(getattr(loss, "gamma", _KERAS_GAMMA))}
    settings = getattr(loss, "_fn_kwargs", {})
    if settings.get("label_smoothing"):
        training["label_smoothing"] = float(settings["label_smoothing"])
    return training
