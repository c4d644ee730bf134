"""What a process that reads a model and the one that started it say to each other: lines of JSON.

As for datasets (``augury.datasets.protocol``): one task, any number of progress messages, and in the end ``ready`` or
an ``error``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api_schemas.models.model import ModelFacts
from augury.datasets.errors import DatasetError, InternalError
from augury.datasets.protocol import Task
from augury.training.model_files.errors import ModelFileError

STORED_FILE = "model.safetensors"
"""Below the workspace: where the child leaves the model. The parent looks nowhere else, whatever the child says."""
DIGEST = re.compile("[0-9a-f]{64}")
"""A SHA-256 as it becomes the name of a file."""
_ERRORS: dict[str, type[Exception]] = {"dataset": ModelFileError, "memory": MemoryError, "internal": InternalError}


@dataclass(frozen=True)
class ReadModel:
    """A checked model that lies in a file."""

    file: Path
    digest: str
    facts: ModelFacts


def ready_message(read: ReadModel) -> dict[str, Any]:
    """The child's last word when all went well."""
    return {"ready": {"digest": read.digest, "facts": read.facts.model_dump(mode="json")}}


def result_of(message: dict[str, Any], task: Task) -> ReadModel | None:
    """What a message brings in the end; None for one that tells of progress.

    Raises:
        ModelFileError, MemoryError, InternalError: as the child met it.
    """
    if "error" in message:
        raise _ERRORS[message["error"]["kind"]](*message["error"]["arguments"])
    if "ready" not in message:
        return None
    ready = message["ready"]
    if DIGEST.fullmatch(str(ready["digest"])) is None:
        raise DatasetError("ingest.crashed", "the process that read the model said what none says")
    return ReadModel(task.workspace / STORED_FILE, ready["digest"], ModelFacts.model_validate(ready["facts"]))
