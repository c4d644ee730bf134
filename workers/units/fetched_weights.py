"""Weights that Keras publishes, kept under their SHA-256 once they were fetched: for all projects, and for good."""

from __future__ import annotations

import hashlib
from pathlib import Path

from augury.monitor import WorkMonitor
from augury.training.model_reading.keras_files import DOWNLOADED_FILE
from store.files.artifacts import ArtifactMissingError, Artifacts
from store.files.names import fetched_weights_name
from workers.units.uploaded_file import copied


def kept_weights(artifacts: Artifacts, workspace: Path, monitor: WorkMonitor, sha256: str) -> Path | None:
    """Where a file that was fetched before lies on this machine, or its copy in *workspace*; None: it was not fetched.

    Raises:
        DatasetError: disk.full.
        Whatever the monitor raises to end the work.
    """
    name = fetched_weights_name(sha256)
    try:
        size = artifacts.size(name)
        return artifacts.local_path(name) or copied(artifacts, name, size, workspace / "kept", monitor)
    except (ArtifactMissingError, FileNotFoundError):
        return None


def keep_fetched_weights(artifacts: Artifacts, workspace: Path) -> None:
    """Keep what was fetched into a workspace, if anything was, under the name that its content gives it."""
    file = workspace / DOWNLOADED_FILE
    if file.is_symlink() or not file.is_file():  # the process that left it there has read what is not trusted
        return
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    artifacts.put_file(file, fetched_weights_name(sha256))
