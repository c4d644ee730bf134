"""Model files for tests: real ones by Keras, and what a stranger could make of them by hand."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from augury.datasets.settings import IngestSettings
from augury.training.model_reading.content import Content
from augury.training.model_reading.reading import read_content

DENSE: dict[str, Any] = {
    "module": "keras.layers",
    "class_name": "Dense",
    "config": {"name": "dense", "units": 2, "activation": "softmax"},
    "registered_name": None,
}
INPUT: dict[str, Any] = {
    "module": "keras.layers",
    "class_name": "InputLayer",
    "config": {"batch_shape": [None, 4], "dtype": "float32", "name": "input"},
    "registered_name": None,
}


def config_of(*layers: dict[str, Any]) -> dict[str, Any]:
    """A Sequential model of these layers, as ``config.json`` has it."""
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "sequential", "layers": list(layers)},
        "registered_name": None,
    }


def layer_of(class_name: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    """One layer, of whatever class."""
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def write_dense(file: h5py.File) -> None:
    """The weights of ``DENSE``."""
    variables = file.create_group("layers/dense/vars")
    variables["0"], variables["1"] = np.zeros((4, 2), np.float32), np.zeros(2, np.float32)


def hdf5(write: Callable[[h5py.File], object] = write_dense) -> bytes:
    """An HDF5 file with what *write* puts into it."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        write(file)
    return content.getvalue()


def archive(
    config: dict[str, Any] | bytes | None = None, weights: bytes | None = None, more: dict[str, bytes] | None = None
) -> bytes:
    """A ``.keras`` file of these parts; a plain one where none is given."""
    config = config_of(INPUT, DENSE) if config is None else config
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("metadata.json", json.dumps({"keras_version": "3.12.0"}))
        packed.writestr("config.json", config if isinstance(config, bytes) else json.dumps(config))
        packed.writestr("model.weights.h5", hdf5() if weights is None else weights)
        for name, data in (more or {}).items():
            packed.writestr(name, data)
    return content.getvalue()


def read(content: bytes, folder: Path, **limits: Any) -> Content:
    """What our reader makes of a file with that content, before Keras would see any of it."""
    file, workspace = folder / "given", folder / "work"
    file.write_bytes(content)
    workspace.mkdir(exist_ok=True)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return read_content(descriptor, workspace, IngestSettings(**limits))
    finally:
        os.close(descriptor)
