"""The file of an upload, brought to where a reading process can open it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augury.datasets.disk import disk_errors, require_room
from augury.datasets.errors import DatasetError
from augury.datasets.settings import IngestSettings
from augury.datasets.sources.base import require_size
from augury.monitor import WorkMonitor
from store.files.artifacts import ArtifactMissingError, Artifacts
from store.files.names import upload_name

_PIECE_BYTES = 2**20


@dataclass(frozen=True)
class Referred:
    """What is to be read, and for which project."""

    project: str
    reference: dict[str, Any]


def uploaded_file(
    artifacts: Artifacts, referred: Referred, workspace: Path, limits: IngestSettings, monitor: WorkMonitor
) -> Path | None:
    """Where an uploaded file lies on this machine, or a copy in *workspace* where it lies in a bucket.

    None for references of other kinds.

    Raises:
        DatasetError: upload.missing, upload.too_large or disk.full.
        Whatever the monitor raises to end the work.
    """
    if referred.reference["kind"] != "upload":
        return None
    name = upload_name(referred.project, referred.reference["sha256"])
    try:
        size = artifacts.size(name)
        require_size(size, limits, "upload.too_large", "the file")
        return artifacts.local_path(name) or copied(artifacts, name, size, workspace / "upload", monitor)
    except (ArtifactMissingError, FileNotFoundError):
        raise DatasetError("upload.missing", "the uploaded file is not there any more; upload it again") from None


def copied(artifacts: Artifacts, name: str, size: int, target: Path, monitor: WorkMonitor) -> Path:
    """A bucket's file as *target* on this machine.

    Raises:
        DatasetError: disk.full.
        Whatever the monitor raises to end the work.
    """
    require_room(target.parent, size)
    done = 0
    with disk_errors(), artifacts.open(name) as source, target.open("xb") as copy:
        while piece := source.read(_PIECE_BYTES):
            monitor.raise_if_cancelled()
            copy.write(piece)
            done += len(piece)
            monitor.report_progress(progress={"step": "downloading", "done": done, "total": size})
    return target
