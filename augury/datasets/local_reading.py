"""A dataset read on this machine, for as long as somebody looks at it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api_schemas.datasets.dataset import DatasetFacts
from augury.datasets.protocol import Task
from augury.datasets.reading_process import read_safely
from augury.datasets.settings import IngestSettings
from augury.datasets.snapshot import Snapshot, open_snapshot_folder
from augury.monitor import WorkMonitor


@dataclass(frozen=True)
class LocalDataset:
    """Images, mapped from a folder that goes when the block ends, and what is known of them."""

    snapshot: Snapshot
    facts: DatasetFacts
    digest: str
    """SHA-256 of the content, in hexadecimal, as a service has it."""
    folder: Path
    """That the snapshot is in."""


@contextmanager
def read_here(reference: dict[str, Any], monitor: WorkMonitor) -> Iterator[LocalDataset]:
    """Read what a reference names with the readers that a service has, and as it reads it.

    A ``path`` reference may name whatever this user can read: nobody else asks. What reaches out to the network is
    allowed by the same ``AUGURY_INGEST_*`` variables as in a service.

    Raises:
        DatasetError: the reference cannot be used.
        MemoryError: there is not enough memory to read it.
        Whatever the monitor raises to end the work.
    """
    limits = IngestSettings()
    if reference["kind"] == "path":
        limits = limits.model_copy(update={"roots": [*limits.roots, Path(reference["path"]).parent]})
    with tempfile.TemporaryDirectory(prefix="augury-reading-") as workspace:
        read = read_safely(Task(reference, Path(workspace), limits), monitor)
        yield LocalDataset(open_snapshot_folder(read.folder), read.facts, read.digest, read.folder)
