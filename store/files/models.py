"""Registered models among the artifacts: one file each, under the digest of its content."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from store.files.artifacts import ArtifactMissingError, Artifacts
from store.files.names import stored_model_name
from store.files.snapshot_cache import cached_folder


def is_stored(artifacts: Artifacts, digest: str) -> bool:
    """Whether the model is there."""
    return artifacts.exists(stored_model_name(digest))


def store_model(artifacts: Artifacts, file: Path, digest: str) -> None:
    """Move a checked model to where its digest says."""
    artifacts.put_file(file, stored_model_name(digest))


@contextlib.contextmanager
def model_file(artifacts: Artifacts, digest: str) -> Iterator[Path]:
    """The model of that digest as a file of this machine, which stays at least until the block ends.

    A bucket's is kept here as snapshots are (``store.files.snapshot_cache``).

    Raises:
        ArtifactMissingError: it is not stored.
        SnapshotCacheError: it is in a bucket, and cannot be kept here.
    """
    name = stored_model_name(digest)
    local = artifacts.local_path(name)
    if local is not None:
        if not local.is_file():
            raise ArtifactMissingError(name)
        yield local
        return
    part = Path(name).name
    with cached_folder(artifacts, digest, [name], lambda folder: _sha256(folder / part) == digest) as cached:
        yield cached.folder / part


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
