"""Bytes that grow: limits of what is unpacked, and files in the workspace that hold it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from augury.datasets.disk import disk_errors
from augury.datasets.errors import DatasetError
from augury.datasets.settings import IngestSettings, variable_of

PIECE_BYTES = 1 << 20
LENIENT_BYTES = 1 << 20  # a blank image packs a thousandfold and harms nobody


def require_modest_size(unpacked: int, packed: int, what: str, limits: IngestSettings) -> None:
    """See that *what* does not unpack to too much.

    Raises:
        DatasetError: ``archive.bomb``: more than ``max_unpacked_bytes``, or than ``max_ratio`` times its packed bytes.
    """
    if unpacked > limits.max_unpacked_bytes:
        max_bytes, variable = limits.max_unpacked_bytes, variable_of("max_unpacked_bytes")
        message = f"{what} unpacks to {unpacked} bytes or more; at most {max_bytes} are allowed ({variable})"
        raise DatasetError("archive.bomb", message)
    if unpacked > limits.max_ratio * packed + LENIENT_BYTES:
        message = (
            f"{what} unpacks {packed} bytes to {unpacked} or more; at most {limits.max_ratio:g} times as many are "
            f"allowed ({variable_of('max_ratio')})"
        )
        raise DatasetError("archive.bomb", message)


def require_few_members(members: int, what: str, limits: IngestSettings) -> None:
    """See that there are not too many members.

    Raises:
        DatasetError: ``archive.bomb``: more than ``max_members``.
    """
    if members > limits.max_members:
        message = f"{what} has more than {limits.max_members} members, which are allowed ({variable_of('max_members')})"
        raise DatasetError("archive.bomb", message)


def write_fresh(workspace: Path, pieces: Iterable[bytes]) -> Path:
    """Write *pieces* into a file of a generated name that nobody could have prepared, and return its path.

    Raises:
        DatasetError: ``disk.full``.
    """
    with disk_errors():
        path, descriptor = _fresh(workspace)
        with os.fdopen(descriptor, "wb", buffering=0) as target:
            for piece in pieces:
                write_all(target.fileno(), piece)
    return path


def write_all(descriptor: int, content: bytes | memoryview, offset: int | None = None) -> None:
    """Write every byte, at *offset*, or at the descriptor's own; the system may take fewer at a time."""
    rest = memoryview(content).cast("B")
    while rest:
        written = os.write(descriptor, rest) if offset is None else os.pwrite(descriptor, rest, offset)
        offset = None if offset is None else offset + written
        rest = rest[written:]


def read_exactly(descriptor: int, length: int, offset: int) -> bytes:
    """*length* bytes from *offset*; fewer only where the file ends."""
    content = os.pread(descriptor, length, offset)
    if len(content) == length or not content:
        return content
    pieces = [content]  # the system gives at most 2 GiB at once
    while piece := os.pread(descriptor, length - sum(map(len, pieces)), offset + sum(map(len, pieces))):
        pieces.append(piece)
    return b"".join(pieces)


def pieces_of(descriptor: int, start: int, length: int) -> Iterator[bytes]:
    """*length* bytes from *start*, a piece at a time; fewer only where the file ends."""
    while length and (piece := os.pread(descriptor, min(PIECE_BYTES, length), start)):
        yield piece
        start, length = start + len(piece), length - len(piece)


def _fresh(workspace: Path) -> tuple[Path, int]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    for number in count():
        path = workspace / f"unpacked-{os.getpid()}-{number}"
        try:
            return path, os.open(path, flags, 0o600)
        except FileExistsError:
            continue
    raise AssertionError("numbers do not end")
