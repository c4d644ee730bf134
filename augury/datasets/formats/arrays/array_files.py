"""The arrays in a reference's files: npy files, and the members of npz files, each by a key."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

import numpy.typing as npt

from augury.datasets.containers.base import Contents, Member
from augury.datasets.containers.limits import PIECE_BYTES, require_few_members
from augury.datasets.errors import DatasetError
from augury.datasets.formats.arrays.gzip_files import Unpacker
from augury.datasets.formats.arrays.npy import HEAD_BYTES, MAGIC, map_array, read_header
from augury.datasets.formats.data_files import data_members
from augury.datasets.settings import IngestSettings

_ZIP_MAGIC = b"PK\x03\x04"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class StoredArray:
    """One array that was found, not opened yet."""

    key: str
    """Its name without ``.npy``: ``x_train``; folders and the name of an npz among others come before it."""
    member: Member
    entry: zipfile.ZipInfo | None
    """Where it lies in an npz; None: the member itself is an npy file."""


def find_arrays(contents: Contents, limits: IngestSettings) -> list[StoredArray]:
    """All arrays, in order of members.

    Raises:
        DatasetError: ``array.damaged``: an npz that cannot be read.
    """
    found: list[StoredArray] = []
    for member in data_members(contents):
        head = contents.head(member, len(MAGIC))
        if head.startswith(MAGIC):
            found.append(StoredArray(_without_suffix(member.name), member, None))
        elif head.startswith(_ZIP_MAGIC):
            found.extend(_entries(contents, member, limits))
    return found


def open_array(contents: Contents, stored: StoredArray, unpacker: Unpacker) -> npt.NDArray[Any]:
    """The array, memory-mapped; one in an npz is unpacked into the workspace after its header was found honest.

    Raises:
        DatasetError: ``array.*``, ``archive.bomb`` or ``disk.full``.
    """
    path, entry, name = contents.as_file(stored.member), stored.entry, stored.key
    if entry is None:
        header = read_header(contents.head(stored.member, HEAD_BYTES), path.stat().st_size, name)
        return map_array(path, header)
    with _damage_of(stored.member.name), zipfile.ZipFile(path) as archive:
        _require_numpy_packing(entry, stored.member.name)
        with archive.open(entry) as source:
            header = read_header(source.read(HEAD_BYTES), entry.file_size, name)
        with archive.open(entry) as source:
            unpacked = unpacker.write(_pieces(source), entry.compress_size, name)
    if unpacked.stat().st_size != entry.file_size:
        raise DatasetError("array.damaged", f"{name!r} is not whole: it ends too early")
    return map_array(unpacked, header)


def _entries(contents: Contents, member: Member, limits: IngestSettings) -> list[StoredArray]:
    """The arrays of an npz; nothing where it is another zip."""
    with _damage_of(member.name), zipfile.ZipFile(contents.as_file(member)) as archive:
        entries = archive.infolist()
    require_few_members(len(entries), repr(member.name), limits)
    if not entries or not all(entry.filename.endswith(".npy") for entry in entries):
        return []
    alone = len(contents.members) == 1
    prefix = "" if alone else f"{_without_suffix(member.name)}/"
    return [StoredArray(prefix + _without_suffix(entry.filename), member, entry) for entry in entries]


def _require_numpy_packing(entry: zipfile.ZipInfo, name: str) -> None:
    if entry.compress_type not in _METHODS or entry.flag_bits & _ENCRYPTED:
        raise DatasetError("array.damaged", f"{name!r} is encrypted or packed as NumPy does not pack arrays")


@contextmanager
def _damage_of(name: str) -> Iterator[None]:
    """Have whatever the zip reader complains of end in a DatasetError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise DatasetError("array.damaged", f"{name!r} is damaged: {error}") from None


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    while piece := source.read(PIECE_BYTES):
        yield piece


def _without_suffix(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.suffix.lower() in (".npy", ".npz") and path.stem else name
