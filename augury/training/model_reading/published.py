"""Weights that the operator keeps for all: a table, and the files that it lists, in a folder or a bucket.

The table, ``weights.json``, says what each file has to be, so that one which was exchanged or cut off is not used.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from api_schemas.models.references import Architecture
from augury.datasets.sources import Fetched, Request, fetch
from augury.training.model_files.errors import ModelFileError
from augury.training.model_reading.places import kind_of_place

TABLE = "weights.json"
MAX_TABLE_BYTES = 2**20


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


def fetch_published(request: Request) -> tuple[Fetched, dict[str, Any] | None]:
    """The file of published weights, which is the one that the table describes, and its architecture.

    Raises:
        ModelFileError: ``weights.table``: there is no table, or it cannot be read; ``weights.unlisted``: they are not
            in it; ``weights.damaged``: the file is another one.
        DatasetError: it cannot be fetched.
    """
    name, weights = request.reference["name"], request.reference["weights"]
    entry = _table(request).root.get(name, {}).get(weights)
    if entry is None:
        message = f"the operator has no weights {weights!r} of {name}; ask for another network, or register your own"
        raise ModelFileError("weights.unlisted", message)
    fetched = _fetched(request, entry.file)
    size = os.fstat(fetched.descriptor).st_size
    with os.fdopen(os.dup(fetched.descriptor), "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if (size, found) != (entry.bytes, entry.sha256):
        message = f"{entry.file} is not the file that {TABLE} describes; the operator has to put it there again"
        raise ModelFileError("weights.damaged", message)
    return fetched, None if entry.architecture is None else entry.architecture.model_dump(mode="json")


def _table(request: Request) -> Table:
    fetched = _fetched(request, TABLE)
    content = os.pread(fetched.descriptor, MAX_TABLE_BYTES, 0)
    os.close(fetched.descriptor)
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
