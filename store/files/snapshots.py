"""Snapshots among the artifacts: finished folders go in, and come back as memory maps."""

from __future__ import annotations

import os
import weakref
from functools import lru_cache
from pathlib import Path

from augury.datasets.snapshot import NAMES_PART, PARTS, Snapshot, digest_of, open_snapshot_folder
from store.files.artifacts import ArtifactMissingError, Artifacts
from store.files.names import snapshot_folder, snapshot_part_name
from store.files.snapshot_cache import Cached, cached_folder


def is_stored(artifacts: Artifacts, digest: str) -> bool:
    """Whether the snapshot is there: the part that is stored last is."""
    return artifacts.exists(snapshot_part_name(digest, PARTS[-1]))


def store_snapshot_folder(artifacts: Artifacts, folder: Path, digest: str) -> None:
    """Move a snapshot's files to where its digest says, unless the same content is stored already.

    Several may store the same at the same time: each file is replaced as a whole by an equal one.
    """
    if not all(artifacts.exists(snapshot_part_name(digest, part)) for part in PARTS):
        for part in PARTS:
            artifacts.put_file(folder / part, snapshot_part_name(digest, part))


@lru_cache(maxsize=2)
def load_snapshot(artifacts: Artifacts, digest: str) -> Snapshot:
    """The snapshot of that digest, with read-only memory maps of its files.

    A bucket's files are kept on this machine (``store.files.snapshot_cache``). What is deleted while it is mapped stays
    readable here until nothing refers to it.

    Raises:
        ArtifactMissingError: it is not stored.
        SnapshotCacheError: it is in a bucket, and cannot be kept here.
    """
    folder = artifacts.local_path(snapshot_folder(digest))
    if folder is not None:
        return _map_folder(folder)
    names = [snapshot_part_name(digest, part) for part in PARTS]
    if not artifacts.exists(snapshot_part_name(digest, NAMES_PART)):  # a snapshot of an earlier version
        names.remove(snapshot_part_name(digest, NAMES_PART))
    with cached_folder(artifacts, digest, names, is_right=lambda found: digest_of(found) == digest) as cached:
        return _map_folder(cached.folder, cached)


def let_go_of_maps() -> None:
    """Have this process keep no map for the next call: what is deleted takes room on the disk while it is mapped."""
    load_snapshot.cache_clear()


def _map_folder(folder: Path, cached: Cached | None = None) -> Snapshot:
    try:
        snapshot = open_snapshot_folder(folder)
    except FileNotFoundError as error:
        raise ArtifactMissingError(str(folder.name)) from error
    if cached is not None:  # not removed to make room for others before the last view of the map is gone
        weakref.finalize(snapshot.images.base, os.close, os.dup(cached.descriptor))
    return snapshot
