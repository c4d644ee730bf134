"""Artifacts (snapshots, predictions, reports) in a folder or a bucket. A half-written one is never seen."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from typing import BinaryIO

import fsspec
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem


class ArtifactMissingError(LookupError):
    """The artifact is not there (any more)."""


class Artifacts:
    """Named, immutable byte strings below one folder or ``s3://``/``gs://`` prefix."""

    def __init__(self, url: str) -> None:
        self._filesystem: fsspec.AbstractFileSystem
        self._filesystem, self._root = url_to_fs(url)

    def write(self, name: str, content: bytes) -> None:
        """Store *content* durably under *name*, replacing what was there in one step."""
        with self.writing(name) as file:
            file.write(content)

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A file to write to piece by piece, which is stored as by ``write`` when the block ends well."""
        target = self._path(name)
        temporary = f"{target}.{uuid.uuid4().hex}.partial"
        self._filesystem.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
        try:
            with self._filesystem.open(temporary, "wb") as file:
                yield file
                file.flush()
                if isinstance(self._filesystem, LocalFileSystem):  # a bucket's writes are durable once they return
                    os.fsync(file.fileno())
            self._filesystem.mv(temporary, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                self._filesystem.rm_file(temporary)
            raise

    def read(self, name: str) -> bytes:
        """The content stored under *name*.

        Raises:
            ArtifactMissingError: nothing is stored there.
        """
        try:
            content: bytes = self._filesystem.cat_file(self._path(name))
        except FileNotFoundError as error:
            raise ArtifactMissingError(name) from error
        return content

    def open(self, name: str) -> BinaryIO:
        """A file to read what is stored under *name* piece by piece.

        Raises:
            ArtifactMissingError: nothing is stored there.
        """
        try:
            file: BinaryIO = self._filesystem.open(self._path(name), "rb")
        except FileNotFoundError as error:
            raise ArtifactMissingError(name) from error
        return file

    def exists(self, name: str) -> bool:
        """Whether something is stored under *name*."""
        return bool(self._filesystem.exists(self._path(name)))

    def delete(self, name: str) -> None:
        """Remove *name* if it is there."""
        if self.exists(name):
            self._filesystem.rm_file(self._path(name))

    def delete_folder(self, name: str) -> None:
        """Remove all that is stored below *name*."""
        with contextlib.suppress(FileNotFoundError):
            self._filesystem.rm(self._path(name), recursive=True)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"
