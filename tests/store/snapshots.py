"""Snapshots that tests make in memory, among the artifacts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from augury.datasets.snapshot import Snapshot, digest_of, write_snapshot_folder
from store.files.artifacts import Artifacts
from store.files.snapshots import store_snapshot_folder


def store_snapshot(artifacts: Artifacts, snapshot: Snapshot) -> str:
    """Store a snapshot under its digest, which is returned."""
    with tempfile.TemporaryDirectory() as folder:
        write_snapshot_folder(Path(folder), snapshot)
        digest = digest_of(Path(folder))
        store_snapshot_folder(artifacts, Path(folder), digest)
    return digest
