"""What was found in a model file, before Keras has seen any of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from api_schemas.models.references import Architecture
from augury.training.model_files.hdf5 import Arrays
from augury.training.model_files.hdf5_by_layer import Layers


class Network(NamedTuple):
    """What weights alone belong to: one of the networks that requests name."""

    name: str
    input_shape: tuple[int | None, int | None, int]
    """Height, width and channels; None: any."""
    classes: int | None
    """None: it has no top."""


def network_of(architecture: Architecture | None) -> Network | None:
    """What a reference, or the operator's table, says of a file of weights alone; None where it says nothing."""
    if architecture is None:
        return None
    height, width, channels = architecture.input_shape
    return Network(architecture.name, (height, width, channels), architecture.classes)


class Content(NamedTuple):
    """What a file has to say, none of it seen by Keras yet."""

    format: str
    config: dict[str, Any] | None
    """Checked; None for weights alone."""
    by_path: Arrays | None
    """Weights as Keras 3 lays them out in files of its own."""
    by_name: dict[str, Any] | None
    """Weights by the paths of the variables, as other formats have them."""
    by_layer: Layers | None = None
    """Weights layer by layer in the network's order, as earlier versions of Keras wrote them."""
