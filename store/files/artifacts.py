"""Artifacts (snapshots, predictions, reports) in a folder or a bucket. A half-written one is never seen.

In a folder they are their owner's alone. A folder that is there already keeps its own permissions.
"""

from __future__ import annotations

import contextlib
import errno
import heapq
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

import fsspec
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from augury.private_files import close_to_others, make_private_folder, private_opener

_COPY_BYTES = 2**20


class ArtifactMissingError(LookupError):
    """The artifact is not there (any more)."""


@dataclass(frozen=True)
class CacheSettings:
    """Where, and how many bytes of, a bucket's snapshots are kept on this machine."""

    folder: Path = Path(".augury/snapshots")
    max_bytes: int = 20 * 2**30


class Artifacts:
    """Named, immutable byte strings below one folder or ``s3://``/``gs://`` prefix.

    Args:
        url: the folder or prefix. A bucket's endpoint and credentials come from its library's own variables.
        cache: where snapshots of a bucket are kept on this machine; unused for a folder.
    """

    def __init__(self, url: str, cache: CacheSettings | None = None) -> None:
        # Another machine may have written since a listing was cached, so that none is.
        options = {} if "://" not in url else {"use_listings_cache": False}
        self._filesystem: fsspec.AbstractFileSystem
        self._filesystem, self._root = url_to_fs(url, **options)
        self.cache = cache or CacheSettings()

    @property
    def is_local(self) -> bool:
        """Whether the artifacts are files of this machine."""
        return isinstance(self._filesystem, LocalFileSystem)

    def local_path(self, name: str) -> Path | None:
        """Where the file *name* (or the folder of that name) is or would be on this machine; None in a bucket."""
        return Path(self._path(name)) if self.is_local else None

    def write(self, name: str, content: bytes) -> None:
        """Store *content* durably under *name*, replacing what was there in one step."""
        with self.writing(name) as file:
            file.write(content)

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A file to write to piece by piece, which is stored as by ``write`` when the block ends well."""
        target = self._path(name)
        temporary = f"{target}.{uuid.uuid4().hex}.partial"
        try:
            with self._open_new(temporary) as file:
                yield file
                file.flush()
                if self.is_local:  # a bucket's writes are durable once they return
                    os.fsync(file.fileno())
            self._filesystem.mv(temporary, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                self._filesystem.rm_file(temporary)
            raise

    def _open_new(self, path: str) -> BinaryIO:
        if self.is_local:
            make_private_folder(Path(path).parent)
            return open(path, "wb", opener=private_opener)
        file: BinaryIO = self._filesystem.open(path, "wb")
        return file

    def put_file(self, local: Path, name: str) -> None:
        """Move a file of this machine durably to *name*, replacing what was there in one step; *local* is gone then.

        Nothing is copied where both are in one file system.
        """
        target = self.local_path(name)
        if target is None:
            self._filesystem.put_file(str(local), self._path(name))  # seen by others only when it is complete
            local.unlink()
        elif not _try_move(local, target):
            with local.open("rb") as source, self.writing(name) as file:
                while piece := source.read(_COPY_BYTES):
                    file.write(piece)
            local.unlink()

    def get_file(self, name: str, target: Path) -> None:
        """Copy what is stored under *name* to a file of this machine.

        Raises:
            ArtifactMissingError: nothing is stored there.
        """
        with _missing_as_our_own(name):
            self._filesystem.get_file(self._path(name), str(target))
        close_to_others(target)

    def read(self, name: str) -> bytes:
        """The content stored under *name*.

        Raises:
            ArtifactMissingError: nothing is stored there.
        """
        with _missing_as_our_own(name):
            content: bytes = self._filesystem.cat_file(self._path(name))
        return content

    def open(self, name: str) -> BinaryIO:
        """A file to read what is stored under *name* piece by piece.

        Raises:
            ArtifactMissingError: nothing is stored there.
        """
        with _missing_as_our_own(name):
            file: BinaryIO = self._filesystem.open(self._path(name), "rb")
        return file

    def size(self, name: str) -> int:
        """Bytes stored under *name*.

        Raises:
            ArtifactMissingError: nothing is stored there.
        """
        with _missing_as_our_own(name):
            return int(self._filesystem.size(self._path(name)))

    def exists(self, name: str) -> bool:
        """Whether something is stored under *name*."""
        return bool(self._filesystem.exists(self._path(name)))

    def some_names(self, folder: str, start: str, limit: int) -> list[str]:
        """Up to *limit* names of files directly in *folder*: in order from *start* on, and then from the first.

        Of a folder on this machine no more than so many are kept in memory; a bucket's library lists it as a whole.
        """
        names = partial(self._file_names, folder)
        later = heapq.nsmallest(limit, (name for name in names() if name >= start))
        return later + heapq.nsmallest(limit - len(later), (name for name in names() if name < start))

    def _file_names(self, folder: str) -> Iterator[str]:
        with contextlib.suppress(FileNotFoundError):
            if self.is_local:
                with os.scandir(self._path(folder)) as entries:
                    yield from (entry.name for entry in entries if entry.is_file(follow_symlinks=False))
            else:
                listed = self._filesystem.ls(self._path(folder), detail=True)
                yield from (each["name"].rsplit("/", 1)[1] for each in listed if each["type"] == "file")

    def modified_at(self, name: str) -> float:
        """When what is stored under *name* was stored, in Unix seconds.

        Raises:
            ArtifactMissingError: nothing is stored there.
        """
        with _missing_as_our_own(name):
            modified: datetime = self._filesystem.modified(self._path(name))
        return modified.timestamp()

    def delete(self, name: str) -> None:
        """Remove the file *name*, or all that is stored below the folder of that name, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            self._filesystem.rm(self._path(name), recursive=True)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


@contextlib.contextmanager
def _missing_as_our_own(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ArtifactMissingError(name) from error


def _try_move(local: Path, target: Path) -> bool:
    """Rename durably; False where that is not possible, as the two are in different file systems."""
    make_private_folder(target.parent)
    close_to_others(local)
    _sync(local)
    try:
        local.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    _sync(target.parent)
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
