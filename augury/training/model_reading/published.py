"""Weights that the operator keeps for all: a table, and the files that it lists, in a folder or a bucket.

Files that Keras itself publishes may be fetched from there instead (``augury.training.model_reading.keras_files``).
The table, ``weights.json``, says what each file has to be, so that one which was exchanged or cut off is not used.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from api_schemas.models.references import Architecture
from augury.datasets.errors import DatasetError
from augury.datasets.sources import Fetched, Request, fetch
from augury.training.model_files.errors import ModelFileError
from augury.training.model_reading.content import Network, network_of
from augury.training.model_reading.keras_files import FindKept, Wanted, fetch_from_keras, is_keras_file
from augury.training.model_reading.places import kind_of_place

TABLE = "weights.json"
MAX_TABLE_BYTES = 2**20
_NOT_THERE = frozenset({"path.missing", "bucket.missing"})
_CHANNELS = 3  # of ImageNet's images


class Entry(BaseModel):
    """One file of the table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}$")
    bytes: int = Field(ge=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    architecture: Architecture | None = None
    """Of a file of weights alone."""


class Table(RootModel[dict[str, dict[str, Entry]]]):
    """By the name of the network, as in requests, and of its weights."""


class Published(NamedTuple):
    """A file of published weights, open, which is the one that the table describes."""

    fetched: Fetched
    network: Network | None
    """That weights alone belong to."""
    is_by_layer: bool
    """It is laid out as Keras publishes weights."""


def fetch_published(request: Request, find_kept: FindKept) -> Published:
    """The file of published weights: from beside the table, or as Keras publishes it, where that is allowed.

    Raises:
        ModelFileError: ``weights.table``: there is no table, or it cannot be read; ``weights.unlisted``: they are not
            in it; ``weights.damaged``: the file is another one; ``weights.missing``: it is nowhere.
        DatasetError: it cannot be fetched.
    """
    name, weights = request.reference["name"], request.reference["weights"]
    entry = _table(request).root.get(name, {}).get(weights)
    if entry is None:
        message = f"the operator has no weights {weights!r} of {name}; ask for another network, or register your own"
        raise ModelFileError("weights.unlisted", message)
    try:
        fetched, remedy = _fetched(request, entry.file), "the operator has to put it there again"
    except DatasetError as error:
        if error.rule not in _NOT_THERE:
            raise
        wanted = Wanted(name, entry.file, entry.bytes, entry.sha256)
        fetched, remedy = fetch_from_keras(request, wanted, find_kept), "the operator has to see which of them is right"
    _require_listed(fetched, entry, remedy)
    if entry.architecture is None and is_keras_file(name, entry.file):
        return Published(fetched, Network(name, (None, None, _CHANNELS), None), is_by_layer=True)
    return Published(fetched, network_of(entry.architecture), is_by_layer=False)


def _require_listed(fetched: Fetched, entry: Entry, remedy: str) -> None:
    size = os.fstat(fetched.descriptor).st_size
    with os.fdopen(os.dup(fetched.descriptor), "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if (size, found) != (entry.bytes, entry.sha256):
        raise ModelFileError("weights.damaged", f"{entry.file} is not the file that {TABLE} describes; {remedy}")


def _table(request: Request) -> Table:
    fetched = _fetched(request, TABLE)
    content = os.pread(fetched.descriptor, MAX_TABLE_BYTES, 0)
    os.close(fetched.descriptor)
    return read_table(content)


def read_table(content: bytes) -> Table:
    """The operator's table.

    Raises:
        ModelFileError: ``weights.table``: it cannot be read.
    """
    try:
        return Table.model_validate(json.loads(content))
    except (ValueError, ValidationError, RecursionError) as error:
        raise ModelFileError(
            "weights.table", f"the operator's {TABLE} cannot be read: {type(error).__name__}"
        ) from error


def _fetched(request: Request, name: str) -> Fetched:
    url = (request.settings.weights_url or "").rstrip("/")
    kind = kind_of_place(url)
    workspace = request.workspace / f"fetched-{name}"
    workspace.mkdir()
    if kind == "path":
        reference = {"kind": kind, "path": f"{Path(url).resolve()}/{name}"}
        allowed: dict[str, Any] = {"roots": [Path(url).resolve()]}
    else:
        bucket, _, prefix = url.partition("://")[2].partition("/")
        reference = {"kind": kind, "bucket": bucket, "key": f"{prefix}/{name}" if prefix else name}
        allowed = {"buckets": [f"{kind}://{bucket}"]}
    settings = request.settings.model_copy(update=allowed)
    fetched = fetch(replace(request, reference=reference, settings=settings, workspace=workspace))
    assert isinstance(fetched, Fetched), "a path or an object is a file"
    return fetched
