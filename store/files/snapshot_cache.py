"""Snapshots of a bucket, kept on this machine: fetched once, checked, and dropped when others need the room.

Locks (``flock``) belong to open files, so that a process that dies gives them back:

- ``<digest>.lock``, exclusive: one process fetches a snapshot, the others wait and find it there.
- a snapshot's own folder, shared, as long as somebody uses it: what is in use is not dropped. Sets in use may
  therefore exceed the bound; the bound is on what is kept beyond use.
- ``room.lock``, exclusive: one process makes room at a time.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from augury.files import write_private
from augury.private_files import FOLDER_MODE, make_private_folder
from store.files.artifacts import Artifacts, CacheSettings

_STAMP = "verified.json"
_PARTIAL = ".partial"

log = structlog.get_logger(__name__)


class SnapshotCacheError(Exception):
    """A snapshot cannot be kept on this machine; the message says why and is fit for a client."""


@dataclass(frozen=True)
class Cached:
    """A snapshot's folder on this machine, and an open descriptor of it whose shared lock keeps it there."""

    folder: Path
    descriptor: int


@contextlib.contextmanager
def cached_folder(
    artifacts: Artifacts, digest: str, names: Sequence[str], is_right: Callable[[Path], bool]
) -> Iterator[Cached]:
    """A folder with copies of the artifacts *names*, which stays at least until the block ends.

    Args:
        artifacts: where they are stored.
        digest: names the folder.
        names: of the artifacts; the last parts of the names are the file's names in the folder.
        is_right: whether a folder has the content that it should have; ValueError or OSError also mean no. Asked after
            a download, and when the files have another size or time than they had when it was asked last.

    Raises:
        ArtifactMissingError: they are not stored.
        SnapshotCacheError: what is stored is damaged, or the disk is full.
    """
    folder = artifacts.cache.folder / digest
    make_private_folder(folder.parent)
    with _locked(folder.with_suffix(".lock")):
        descriptor = _lock_in_use(folder)
        if descriptor is None or not _is_whole(folder, is_right):
            _close(descriptor)
            descriptor = _fetch(artifacts, names, folder, is_right)
    try:
        now = time.time_ns()  # finer than the kernel's own clock for files
        os.utime(folder, ns=(now, now))
        yield Cached(folder, descriptor)
    finally:
        os.close(descriptor)


def _fetch(artifacts: Artifacts, names: Sequence[str], folder: Path, is_right: Callable[[Path], bool]) -> int:
    """Fetch into a temporary folder and rename it; an open descriptor of it, locked as in use."""
    needed = sum(artifacts.size(name) for name in names)
    partial = folder.with_name(f"{folder.name}.{needed}.{uuid.uuid4().hex}{_PARTIAL}")
    with _locked(folder.with_name("room.lock")):
        _make_room(artifacts.cache, needed)
        partial.mkdir(mode=FOLDER_MODE)
        descriptor = _lock_in_use(partial)
    assert descriptor is not None
    try:
        for name in names:
            artifacts.get_file(name, partial / name.rsplit("/", 1)[1])
        if not _is_whole(partial, is_right):
            raise SnapshotCacheError("the stored snapshot is damaged; delete the dataset and register it again")
        if folder.exists():  # damaged; who has it mapped still can read it
            shutil.rmtree(folder)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(descriptor)
        raise
    return descriptor


def _is_whole(folder: Path, is_right: Callable[[Path], bool]) -> bool:
    """Whether the files are as they were when they were found to be right, or are found so now."""
    stamp = folder / _STAMP
    with contextlib.suppress(ValueError, OSError):
        if json.loads(stamp.read_bytes()) == _stamp_of(folder):
            return True
    with contextlib.suppress(ValueError, OSError):
        if is_right(folder):
            write_private(stamp, json.dumps(_stamp_of(folder)))
            return True
    return False


def _stamp_of(folder: Path) -> dict[str, list[int]]:
    files = {entry.name: entry.stat() for entry in folder.iterdir() if entry.name != _STAMP}
    return {name: [status.st_size, status.st_mtime_ns] for name, status in files.items()}


def _make_room(cache: CacheSettings, needed: int) -> None:
    """Drop abandoned downloads, and then the least recently used snapshots until *needed* bytes fit into the bound."""
    found = sorted((entry for entry in cache.folder.iterdir() if entry.is_dir()), key=_last_use)
    room = cache.max_bytes - needed - sum(map(_bytes_of, found))
    for folder in found:
        if folder.suffix != _PARTIAL and room >= 0:
            break
        size = _bytes_of(folder)
        if _try_drop(folder):
            room += size
    free = shutil.disk_usage(cache.folder).free
    if needed > free:
        raise SnapshotCacheError(f"a snapshot of {needed:,} bytes does not fit on the worker's disk: {free:,} are free")
    if room < 0:
        log.warning("snapshots in use exceed the cache", folder=str(cache.folder), bytes_over=-room)


def _last_use(folder: Path) -> tuple[bool, int]:
    return folder.suffix != _PARTIAL, folder.stat().st_mtime_ns


def _bytes_of(folder: Path) -> int:
    if folder.suffix == _PARTIAL:  # all that it will have
        return int(folder.name.split(".")[1])
    return sum(entry.stat().st_size for entry in folder.iterdir())


def _try_drop(folder: Path) -> bool:
    """Remove a folder unless it is in use. Who waits for its lock meanwhile finds it gone, and fetches it again."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _lock_in_use(folder: Path) -> int | None:
    """A descriptor whose shared lock says that the folder is in use; None if there is none."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)
