"""Gzip and other compressed streams to plain files in the workspace, every byte counted before it is written."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from augury.datasets.containers.limits import PIECE_BYTES, require_modest_size, write_fresh
from augury.datasets.errors import DatasetError
from augury.datasets.settings import IngestSettings

_PACKED_BYTES = 1 << 16  # small: what a gzip member leaves of it is copied, and there may be many members
_GZIP = 31  # zlib's window bits for a gzip stream


class Unpacker:
    """Writes unpacked bytes into fresh files of a workspace; the limits hold for all of them together."""

    def __init__(self, workspace: Path, limits: IngestSettings) -> None:
        self._workspace = workspace
        self._limits = limits
        self._packed = 0
        self._unpacked = 0

    def write(self, pieces: Iterable[bytes], packed: int, name: str) -> Path:
        """A new file with all *pieces*; *packed* is how many bytes they came from, *name* is for messages.

        Raises:
            DatasetError: ``archive.bomb`` or ``disk.full``.
        """
        self._packed += packed
        return write_fresh(self._workspace, self._within_limits(pieces, name))

    def gunzip(self, path: Path, rule: str, name: str) -> Path:
        """A new file with what the gzip file at *path* holds.

        Raises:
            DatasetError: *rule* where it is damaged; or as ``write``.
        """
        with path.open("rb") as source:
            return self.write(_gunzip(source, rule, name), path.stat().st_size, name)

    def _within_limits(self, pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
        for piece in pieces:
            self._unpacked += len(piece)
            require_modest_size(self._unpacked, self._packed, repr(name), self._limits)
            yield piece


def is_gzip(head: bytes) -> bool:
    """Whether a file begins as gzip does."""
    return head.startswith(b"\x1f\x8b")


def gunzipped_head(head: bytes, count: int) -> bytes:
    """The first *count* unpacked bytes, or fewer, of a file with this *head*, whether it is a gzip file or not."""
    if not is_gzip(head):
        return head[:count]
    try:
        return zlib.decompressobj(_GZIP).decompress(head, count)
    except zlib.error:
        return b""


def _gunzip(source: BinaryIO, rule: str, name: str) -> Iterator[bytes]:
    """The unpacked bytes of a gzip file of one or more members."""
    inflater = zlib.decompressobj(_GZIP)
    waiting = source.read(_PACKED_BYTES)
    while waiting:
        try:
            piece = inflater.decompress(waiting, PIECE_BYTES)
        except zlib.error as error:
            raise DatasetError(rule, f"{name!r} is damaged: {error}") from None
        if piece:
            yield piece
        waiting = inflater.unconsumed_tail or inflater.unused_data or source.read(_PACKED_BYTES)
        if inflater.eof and waiting:
            inflater = zlib.decompressobj(_GZIP)
    if not inflater.eof:
        raise DatasetError(rule, f"{name!r} is not whole: its gzip stream ends too early")
