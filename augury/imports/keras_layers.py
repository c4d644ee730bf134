"""``keras-layers``: preprocessing layers of Keras as code or as their configuration in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from augury.imports.imported import Imported, ImportRefused, Source, spec_of
from augury.imports.keras_names import OTHERS, argument_names
from augury.imports.keras_transforms import READERS, Taken
from augury.imports.steps import pipelines_in

NAME = "keras-layers"
MAX_LAYERS = 100
_MAX_NESTING = 20
_KNOWN = frozenset(READERS) | OTHERS


@dataclass(frozen=True)
class Layer:
    """A layer's class and its arguments by name."""

    name: str
    arguments: dict[str, Any]


def is_keras_layers(text: str) -> bool:
    """Whether a text names one of the layers that are known, and is not about another library's."""
    is_keras = "torch" not in text and any(word in text for word in ("keras", "layers", "class_name"))
    return is_keras and any(name in text for name in READERS)


def read_keras_layers(text: str) -> Imported:
    """The spec of the layers in *text*, in their order.

    Raises:
        ImportRefused: there are none, too many, or none that a spec can express.
    """
    layers = list(_of_config(text) if text.lstrip().startswith(("{", "[")) else _of_code(text))
    if not layers:
        known = ", ".join(sorted(READERS))
        raise ImportRefused(f"no augmentation layers of Keras: known are {known}")
    if len(layers) > MAX_LAYERS:
        raise ImportRefused(f"{len(layers)} layers, more than the {MAX_LAYERS} that are read")
    taken = Taken()
    for layer in layers:
        if layer.name in READERS:
            READERS[layer.name](layer.arguments, taken)
        else:
            taken.lose(f"{layer.name} is left out: a spec has nothing like it.")
    taken.finish()
    return Imported(spec_of(taken.parameters), tuple(taken.lost), NAME)


def _of_code(text: str) -> Iterator[Layer]:
    for step in pipelines_in(text, _KNOWN):
        yield Layer(step.name, step.arguments(*argument_names(step.name)) if step.name in READERS else {})


def _of_config(text: str) -> Iterator[Layer]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"this is no JSON: {error}") from None
    yield from _layers_in(content, 0)


def _layers_in(content: Any, depth: int) -> Iterator[Layer]:
    """The layers in what ``keras.saving.serialize_keras_object`` or ``to_json`` gives."""
    if depth > _MAX_NESTING:
        raise ImportRefused("the configuration is nested too deeply")
    if isinstance(content, list):
        for each in content:
            yield from _layers_in(each, depth + 1)
    elif isinstance(content, dict):
        name, config = content.get("class_name"), content.get("config")
        if isinstance(name, str) and isinstance(config, dict) and name in _KNOWN:
            yield Layer(name, config)
        else:
            inner = config if isinstance(config, dict) else content
            yield from _layers_in(inner.get("layers", []), depth + 1)


SOURCE = Source("preprocessing layers of Keras, as code or as their configuration", is_keras_layers, read_keras_layers)
