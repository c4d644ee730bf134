"""Weights in HDF5 as versions of Keras before the third laid them out: layer by layer, in an order that attributes say.

Keras still publishes the weights of its applications like that. Attributes are looked at nowhere else, so only files
come here that the operator has vouched for by their SHA-256; the rest of a file is held to the same checks as any.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy.typing as npt

from augury.training.model_files.errors import ModelFileError
from augury.training.model_files.hdf5 import checked_datasets, opened

Layers = list[list[npt.NDArray[Any]]]
"""Of each layer that has weights, in the network's order: trainable ones first."""

MAX_NAMES = 10_000
"""Of one attribute."""
_LAYERS, _WEIGHTS = "layer_names", "weight_names"


def read_hdf5_by_layer(path: Path, max_bytes: int) -> Layers:
    """The weights of all layers that have any.

    Args:
        path: of a file that nobody else writes to.
        max_bytes: of all arrays together, as they are in memory.

    Raises:
        ModelFileError: ``model.hdf5``: it names no layers, or weights that it does not have; and as ``read_hdf5``.
    """
    with opened(path) as file:
        arrays = checked_datasets(file, max_bytes)
        layers = []
        for layer in _names(file, _LAYERS):
            group = file.get(layer)
            if not isinstance(group, h5py.Group):
                raise ModelFileError("model.hdf5", f"{layer[:200]!r} is named as a layer, and is none of the file")
            weights = [f"{layer}/{name}" for name in _names(group, _WEIGHTS)]
            missing = [weight for weight in weights if weight not in arrays]
            if missing:
                raise ModelFileError("model.hdf5", f"{missing[0][:200]!r} is named as weights, and is not in the file")
            if weights:
                layers.append([arrays[weight][()] for weight in weights])
        return layers


def _names(group: h5py.Group, attribute: str) -> list[str]:
    if attribute not in group.attrs:
        message = f"{group.name[:200]!r} has no {attribute}; expected weights as Keras publishes them"
        raise ModelFileError("model.hdf5", message)
    stored = group.attrs.get_id(attribute)
    if stored.shape == (0,):  # of a layer without weights; the type of an empty list says nothing
        return []
    is_list = stored.get_type().get_class() == h5py.h5t.STRING and stored.shape is not None and len(stored.shape) == 1
    if not is_list or stored.shape[0] > MAX_NAMES:
        message = f"the {attribute} of {group.name[:200]!r} are no list of at most {MAX_NAMES:,} names"
        raise ModelFileError("model.hdf5", message)
    # Of fixed length as bytes, of any length as text, by the version of h5py that wrote them.
    return [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs[attribute]]
