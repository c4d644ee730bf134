"""What a reading process and the one that started it say to each other: lines of JSON.

The parent sends one task. The child answers with any number of progress messages and ends with one that is
``ready`` or an ``error``; if it says nothing more, it has died.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api_schemas.datasets.dataset import DatasetFacts
from augury.datasets.errors import DatasetError, InternalError
from augury.datasets.settings import IngestSettings

Report = Callable[[str, int, int], None]
"""Told a step, how much of it is done and how much there is (0: unknown), in the step's own unit; may raise to stop."""

SNAPSHOT_FOLDER = "snapshot"
"""Below the workspace: where the child leaves the snapshot. The parent looks nowhere else, whatever the child says."""

_ERRORS: dict[str, type[Exception]] = {
    "dataset": DatasetError,
    "memory": MemoryError,
    "internal": InternalError,
}


@dataclass(frozen=True)
class Task:
    """What the child is told."""

    reference: dict[str, Any]
    """As stored with the dataset."""
    workspace: Path
    """An empty folder that nobody else writes to."""
    limits: IngestSettings
    upload: Path | None = None
    """Where the uploaded file is on this machine; None unless the reference is an upload."""

    def to_json(self) -> bytes:
        """One line."""
        task = {
            "reference": self.reference,
            "workspace": str(self.workspace),
            "limits": self.limits.model_dump(mode="json"),
            "upload": None if self.upload is None else str(self.upload),
        }
        return json.dumps(task).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> Task:
        """The task of a line."""
        task = json.loads(line)
        upload = None if task["upload"] is None else Path(task["upload"])
        limits = IngestSettings.model_validate(task["limits"])
        return cls(task["reference"], Path(task["workspace"]), limits, upload)


@dataclass(frozen=True)
class ReadDataset:
    """A snapshot that lies finished in a folder."""

    folder: Path
    digest: str
    facts: DatasetFacts


def ready_message(read: ReadDataset) -> dict[str, Any]:
    """The child's last word when all went well."""
    return {"ready": {"digest": read.digest, "facts": read.facts.model_dump(mode="json")}}


def error_message(error: DatasetError | MemoryError | InternalError) -> dict[str, Any]:
    """The child's last word when it did not."""
    kind = next(name for name, kind in _ERRORS.items() if isinstance(error, kind))
    arguments = [error.rule, str(error)] if isinstance(error, DatasetError) else [str(error)]
    return {"error": {"kind": kind, "arguments": arguments}}


def result_of(message: dict[str, Any], task: Task) -> ReadDataset | None:
    """What a message brings in the end; None for one that tells of progress.

    Raises:
        DatasetError, MemoryError, InternalError: as the child met it.
    """
    if "error" in message:
        raise _ERRORS[message["error"]["kind"]](*message["error"]["arguments"])
    if "ready" not in message:
        return None
    ready = message["ready"]
    return ReadDataset(task.workspace / SNAPSHOT_FOLDER, ready["digest"], DatasetFacts.model_validate(ready["facts"]))
