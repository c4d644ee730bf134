"""Where the parts of an archive, and the archive, are kept."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol


class Files(Protocol):
    """Named byte strings: a folder, or the store's artifacts."""

    def open(self, name: str) -> BinaryIO:
        """A file to read what is stored under *name* piece by piece."""

    def writing(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file to write to piece by piece; *name* is there when the block has ended well."""

    def write(self, name: str, content: bytes) -> None:
        """Store *content* under *name*."""
