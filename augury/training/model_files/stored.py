"""A checked model as it is kept: its configuration and its weights, in one file of our own writing.

Whoever trains reads such files only, never what somebody sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from augury.planning.canonical import canonical_json
from augury.training.model_files.safetensors import read_safetensors, write_safetensors

_CONFIG, _VERSION = "config", "augury-model"


@dataclass(frozen=True)
class StoredModel:
    """What ``model.to_json()`` of Keras 3 says, checked, and ``model.weights`` in their order, float32."""

    config: dict[str, Any]
    weights: Sequence[npt.NDArray[Any]]


def write_stored_model(path: Path, model: StoredModel) -> str:
    """Write the file; its SHA-256, which equal models share."""
    named = [(f"{number:06d}", weight) for number, weight in enumerate(model.weights)]
    write_safetensors(path, {_VERSION: "1", _CONFIG: canonical_json(model.config)}, named)
    return digest_of_file(path)


def read_stored_model(path: Path) -> StoredModel:
    """What was written, with maps of the weights.

    Raises:
        ModelFileError: it is damaged.
    """
    metadata, arrays = read_safetensors(path)
    return StoredModel(json.loads(metadata[_CONFIG]), [arrays[name] for name in sorted(arrays)])


def digest_of_file(path: Path) -> str:
    """SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
