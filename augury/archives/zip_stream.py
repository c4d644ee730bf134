"""Writing a zip archive front to back, to where nothing can be taken back.

``zipfile`` goes back to fill in sizes, or marks stored entries in a way that many readers refuse, and keeps every
entry in memory. Here contents are known before they are written, and the directory waits in a file. Entries are
stored and not compressed (PNG files are compressed already, and arrays can be mapped), and carry no time.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable
from typing import Protocol, Self

_MAX_UINT32 = 0xFFFF_FFFF
_MAX_UINT16 = 0xFFFF
_FIRST_OF_1980 = 0x21  # the earliest date that the format knows, at midnight
_UTF8_NAME = 0x800
_PLAIN, _ZIP64 = 20, 45
_UNIX = 3 << 8
_READABLE_FILE = 0o100644 << 16
_DIRECTORY_IN_MEMORY = 4 * 2**20

Blocks = Callable[[], Iterable[bytes]]
"""Gives a content piece by piece, and the same again when it is asked again."""


class Sink(Protocol):
    """Where bytes go."""

    def write(self, content: bytes, /) -> object:
        """Take some more."""


class ZipStream:
    """A zip archive that is being written. Leaving the ``with`` block well completes it."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._offset = 0
        self._entries = 0
        self._directory = tempfile.SpooledTemporaryFile(_DIRECTORY_IN_MEMORY)  # noqa: SIM115 - closed in __exit__

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Write the directory, unless it all came to nothing."""
        with self._directory:
            if error is None:
                self._finish()

    def add(self, name: str, content: bytes) -> None:
        """An entry that is in memory."""
        self.add_streamed(name, lambda: (content,))

    def add_streamed(self, name: str, blocks: Blocks) -> None:
        """An entry that is read twice: for its size and checksum, which come first, and to be written."""
        size = checksum = 0
        for block in blocks():
            size += len(block)
            checksum = zlib.crc32(block, checksum)
        begin = self._offset
        self._write(_local_header(name.encode(), size, checksum))
        for block in blocks():
            self._write(block)
        self._directory.write(_directory_entry(name.encode(), size, checksum, begin))
        self._entries += 1

    def _write(self, content: bytes) -> None:
        self._sink.write(content)
        self._offset += len(content)

    def _finish(self) -> None:
        begin, size = self._offset, self._directory.tell()
        self._directory.seek(0)
        while block := self._directory.read(2**20):
            self._write(block)
        self._write(_end(self._entries, size, begin))


def _flags(name: bytes) -> int:
    return 0 if name.isascii() else _UTF8_NAME


def _local_header(name: bytes, size: int, checksum: int) -> bytes:
    is_large = size >= _MAX_UINT32
    extra = struct.pack("<HHQQ", 1, 16, size, size) if is_large else b""
    shown = min(size, _MAX_UINT32)
    return struct.pack(
        "<4s5H3L2H", b"PK\3\4", _ZIP64 if is_large else _PLAIN, _flags(name), 0, 0, _FIRST_OF_1980,
        checksum, shown, shown, len(name), len(extra),
    ) + name + extra  # fmt: skip


def _directory_entry(name: bytes, size: int, checksum: int, begin: int) -> bytes:
    large = [size, size] if size >= _MAX_UINT32 else []
    large += [begin] if begin >= _MAX_UINT32 else []
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    needed, shown = _ZIP64 if large else _PLAIN, min(size, _MAX_UINT32)
    return struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", _UNIX | needed, needed, _flags(name), 0, 0, _FIRST_OF_1980,
        checksum, shown, shown, len(name), len(extra), 0, 0, 0, _READABLE_FILE, min(begin, _MAX_UINT32),
    ) + name + extra  # fmt: skip


def _end(entries: int, size: int, begin: int) -> bytes:
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, min(entries, _MAX_UINT16), min(entries, _MAX_UINT16),
        min(size, _MAX_UINT32), min(begin, _MAX_UINT32), 0,
    )  # fmt: skip
    if entries < _MAX_UINT16 and size < _MAX_UINT32 and begin < _MAX_UINT32:
        return end
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, _UNIX | _ZIP64, _ZIP64, 0, 0, entries, entries, size, begin)
    return large + struct.pack("<4sLQL", b"PK\6\7", 0, begin + size, 1) + end
