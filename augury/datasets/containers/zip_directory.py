"""A zip's central directory, read strictly: what other readers forgive may hide a bomb or a way out.

Follows APPNOTE.TXT 6.3 without spanning, encryption and prefixed data.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from augury.datasets.containers.base import Member
from augury.datasets.containers.limits import LENIENT_BYTES, read_exactly, require_few_members, require_modest_size
from augury.datasets.containers.member_names import checked_name
from augury.datasets.containers.name_encodings import RawName, decode_names, utf_8_text
from augury.datasets.errors import DatasetError
from augury.datasets.settings import IngestSettings

STORED, DEFLATED = 0, 8
_END = struct.Struct("<4s4H2LH")
_END_64_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_MAX_COMMENT_BYTES = 0xFFFF
_NARROW, _WIDE = 0xFFFF, 0xFFFFFFFF  # the true number is in a zip64 field
_USUAL_ENTRY_BYTES = 1024
_ZIP_64, _UNICODE_PATH = 0x0001, 0x7075  # extra fields
_UNICODE_HEAD = struct.Struct("<BL")
_ENCRYPTED, _STRONGLY_ENCRYPTED, _MASKED, _UTF_8 = 1, 1 << 6, 1 << 13, 1 << 11


@dataclass(frozen=True, slots=True)
class ZipMember(Member):
    """One stored or deflated file of a zip."""

    offset: int
    """Of its local header."""
    packed: int
    method: int
    crc: int
    bound: int
    """Where the next thing begins; its packed bytes must end before."""


@dataclass(frozen=True)
class Directory:
    """What a zip says of itself."""

    members: list[ZipMember]
    notes: list[str]
    """What was guessed of the names, in sentences."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: RawName
    flags: int
    mode: int
    """As in Unix, or 0."""
    size: int
    packed: int
    offset: int
    method: int
    crc: int
    end: int
    """The earliest offset where its packed bytes can end."""


def read_directory(descriptor: int, limits: IngestSettings) -> Directory:
    """The regular files of a zip, under checked names, in their order in the file.

    Raises:
        DatasetError: ``archive.damaged``, ``.traversal``, ``.link``, ``.device``, ``.encrypted``, ``.overlap``,
            ``.bomb`` or ``.unsupported``.
    """
    size = os.fstat(descriptor).st_size
    count, start, length = _locate_directory(descriptor, size)
    require_few_members(count, "the zip", limits)
    if length > _USUAL_ENTRY_BYTES * (count + 64):
        raise DatasetError("archive.bomb", f"the zip's directory has {length} bytes for {count} members")
    entries = sorted(_entries(read_exactly(descriptor, length, start), count), key=lambda entry: entry.offset)
    decoded = decode_names([entry.name for entry in entries], "zip")
    names = [_checked(name, entry) for name, entry in zip(decoded.names, entries, strict=True)]
    _require_disjoint_members(entries, names, start)
    require_modest_size(sum(entry.size for entry in entries), size, "the zip", limits)
    bounds = [entry.offset for entry in entries[1:]] + [start]
    members = [
        _member(name, entry, bound, limits)
        for name, written, entry, bound in zip(names, decoded.names, entries, bounds, strict=False)
        if not written.endswith("/")
    ]
    return Directory(members, decoded.notes)


def damaged(what: str) -> DatasetError:
    """What is raised where a zip contradicts itself."""
    message = f"the zip is damaged or incomplete: {what}; transfer it again, or pack it again"
    return DatasetError("archive.damaged", message)


def _member(name: str, entry: _Entry, bound: int, limits: IngestSettings) -> ZipMember:
    require_modest_size(entry.size, entry.packed, f"the zip's member {name!r}", limits)
    if entry.method not in (STORED, DEFLATED):
        message = f"{name!r} is packed by method {entry.method}; expected a zip with stored or deflated members"
        raise DatasetError("archive.unsupported", message)
    max_packed = entry.size if entry.method == STORED else entry.size + entry.size // 8 + LENIENT_BYTES
    if entry.packed > max_packed or (entry.method == STORED and entry.packed != entry.size):
        raise damaged(f"{name!r} says that {entry.packed} bytes unpack to {entry.size}")
    return ZipMember(name, entry.size, entry.offset, entry.packed, entry.method, entry.crc, bound)


def _locate_directory(descriptor: int, size: int) -> tuple[int, int, int]:
    """How many entries there are, where they begin, and their bytes."""
    tail_start = max(0, size - _END.size - _MAX_COMMENT_BYTES)
    tail = read_exactly(descriptor, size - tail_start, tail_start)
    offset = tail.rfind(b"PK\x05\x06")
    if offset < 0 or len(tail) - offset < _END.size:
        raise damaged("it has no end of central directory")
    _, disk, first_disk, here, count, length, start, comment = _END.unpack_from(tail, offset)
    end = tail_start + offset
    if end + _END.size + comment != size:
        raise damaged("it does not end where it says")
    if _NARROW in (disk, first_disk, here, count) or _WIDE in (length, start):
        disk, first_disk, here, count, length, start, end = _end_64(descriptor, end)
    if disk or first_disk or here != count:
        raise DatasetError("archive.unsupported", "the zip is one part of several; expected a whole zip")
    if start + length > end:
        raise damaged("its central directory does not lie inside the file")
    return count, start, length


def _end_64(descriptor: int, end: int) -> tuple[int, ...]:
    locator = read_exactly(descriptor, _END_64_LOCATOR.size, max(0, end - _END_64_LOCATOR.size))
    if len(locator) != _END_64_LOCATOR.size or locator[:4] != b"PK\x06\x07":
        raise damaged("it has no zip64 locator")
    offset = _END_64_LOCATOR.unpack(locator)[2]
    if offset + _END_64.size + _END_64_LOCATOR.size > end:
        raise damaged("its zip64 locator points out of it")
    fields = _END_64.unpack(read_exactly(descriptor, _END_64.size, offset))
    if fields[0] != b"PK\x06\x06":
        raise damaged("it has no zip64 end of central directory")
    return (*fields[4:6], *fields[6:10], offset)


def _entries(directory: bytes, count: int) -> Iterator[_Entry]:
    entry_start = 0
    for _ in range(count):
        if entry_start + _ENTRY.size > len(directory) or directory[entry_start : entry_start + 4] != b"PK\x01\x02":
            raise damaged("its central directory is cut off")
        fields = _ENTRY.unpack_from(directory, entry_start)
        _, _, _, flags, method, _, _, crc, packed, size, name_size, extra_size, comment_size, _, _, external, offset = (
            fields
        )
        name_start = entry_start + _ENTRY.size
        extra_start = name_start + name_size
        entry_start = extra_start + extra_size + comment_size
        if entry_start > len(directory):
            raise damaged("its central directory is cut off")
        extra = directory[extra_start : extra_start + extra_size]
        name = _raw_name(directory[name_start:extra_start], flags, extra)
        if _WIDE in (size, packed, offset):
            size, packed, offset = _wide(extra, size, packed, offset)
        end = offset + LOCAL_HEADER.size + name_size + packed
        yield _Entry(name, flags, external >> 16, size, packed, offset, method, crc, end)
    if entry_start != len(directory):
        raise damaged("its central directory has more than its members")


def _raw_name(raw: bytes, flags: int, extra: bytes) -> RawName:
    """With its text where the flag says UTF-8, and it is; or where Info-ZIP's field has it, and its CRC fits."""
    if flags & _UTF_8:
        return RawName(raw, utf_8_text(raw))
    field = _extra_field(extra, _UNICODE_PATH)
    if field is None or len(field) < _UNICODE_HEAD.size:
        return RawName(raw)
    version, crc = _UNICODE_HEAD.unpack_from(field)
    is_current = version == 1 and crc == zlib.crc32(raw)
    return RawName(raw, utf_8_text(field[_UNICODE_HEAD.size :]) if is_current else None)


def _checked(name: str, entry: _Entry) -> str:
    """The member's name, if it and what its entry says may be used."""
    checked = checked_name(name)
    if not checked:
        raise damaged("a member has no name")
    checked_name(entry.name.raw.replace(b"\\", b"-").decode("latin-1"))  # other readers would take this one
    _require_plain_member(checked, entry.flags, entry.mode)
    return checked


def _require_plain_member(name: str, flags: int, mode: int) -> None:
    if flags & (_ENCRYPTED | _STRONGLY_ENCRYPTED | _MASKED):
        raise DatasetError("archive.encrypted", f"{name!r} is encrypted; expected a zip without a password")
    if stat.S_ISLNK(mode):
        raise DatasetError(
            "archive.link", f"{name!r} is a symbolic link; expected regular files: pack what it points to"
        )
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise DatasetError("archive.device", f"{name!r} is a device or pipe; expected regular files")


def _extra_field(extra: bytes, sought: int) -> bytes | None:
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == sought:
            return extra[4 : 4 + length]
        extra = extra[4 + length :]
    return None


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Replace numbers that did not fit by those of the zip64 extra field, which has only such."""
    field = _extra_field(extra, _ZIP_64)
    if field is None:
        raise damaged("a zip64 field is missing")
    wide = [number for (number,) in struct.iter_unpack("<Q", field[: len(field) - len(field) % 8])]
    numbers = [size, packed, offset]
    for index, number in enumerate(numbers):
        if number == _WIDE:
            if not wide:
                raise damaged("a zip64 field is too short")
            numbers[index] = wide.pop(0)
    return numbers[0], numbers[1], numbers[2]


def _require_disjoint_members(entries: list[_Entry], names: list[str], start: int) -> None:
    """Fifield's 2019 bomb gains its ratio of 28 million from members that share their packed bytes."""
    for (earlier, name), (later, _) in pairwise(zip(entries, names, strict=True)):
        if earlier.end > later.offset:
            raise overlap(name)
    if entries and entries[-1].end > start:
        raise overlap(names[-1])


def overlap(name: str) -> DatasetError:
    """What is raised where members share bytes with each other or with the directory."""
    return DatasetError("archive.overlap", f"{name!r} overlaps what comes after it in the zip; expected none to do so")
