"""Tars as contents: members are read where they lie in the one plain tar, and nothing is extracted by name.

Reads ustar, GNU long names and pax paths; sparse files and everything that is no regular file or folder are refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from augury.datasets.containers.base import Member
from augury.datasets.containers.folder import too_large
from augury.datasets.containers.limits import (
    pieces_of,
    read_exactly,
    require_few_members,
    require_modest_size,
    write_fresh,
)
from augury.datasets.containers.member_names import arrange_members, checked_name
from augury.datasets.containers.name_encodings import RawName, decode_names, utf_8_text
from augury.datasets.disk import require_room
from augury.datasets.errors import DatasetError
from augury.datasets.labelled_images import SkippedFiles
from augury.datasets.settings import IngestSettings

BLOCK = 512
_MAX_HEADER_BYTES = 1 << 16
_ZEROS = bytes(BLOCK)
_REGULAR, _FOLDER, _PAX, _PAX_GLOBAL, _LONG_NAME, _LONG_LINK = b"0\x007", b"5", b"x", b"g", b"L", b"K"
_LINKS, _DEVICES = b"12", b"346"


@dataclass(frozen=True, slots=True)
class _TarMember(Member):
    offset: int
    """Of its bytes."""


@dataclass(frozen=True, slots=True)
class _Header:
    name: RawName
    size: int
    offset: int
    """Of the bytes."""
    kind: bytes


class TarContents:
    """The regular files of a plain tar; hidden ones are counted as skipped.

    Raises:
        DatasetError: ``archive.damaged``, ``.traversal``, ``.link``, ``.device``, ``.bomb``, ``.unsupported``,
            ``.name_too_long`` or ``.duplicate_name``.
    """

    def __init__(self, descriptor: int, workspace: Path, limits: IngestSettings) -> None:
        self._descriptor = descriptor
        self.workspace = workspace
        self.skipped = SkippedFiles()
        members, self.notes = _members(descriptor, limits)
        self.members: Sequence[Member] = arrange_members(members, self.skipped)
        self._files: dict[int, Path] = {}

    def read(self, member: Member, max_bytes: int) -> bytes:
        """All bytes of a member (see ``Contents``)."""
        assert isinstance(member, _TarMember)
        if member.size > max_bytes:
            raise too_large(member.name, member.size, max_bytes)
        return read_exactly(self._descriptor, member.size, member.offset)

    def head(self, member: Member, count: int) -> bytes:
        """The first bytes of a member."""
        assert isinstance(member, _TarMember)
        return read_exactly(self._descriptor, min(count, member.size), member.offset)

    def as_file(self, member: Member) -> Path:
        """Its bytes in a file of the workspace, copied once."""
        assert isinstance(member, _TarMember)
        if member.offset not in self._files:
            require_room(self.workspace, member.size)
            pieces = pieces_of(self._descriptor, member.offset, member.size)
            self._files[member.offset] = write_fresh(self.workspace, pieces)
        return self._files[member.offset]


def is_header(block: bytes) -> bool:
    """Whether a block of 512 bytes is a tar header: its checksum is right."""
    if len(block) != BLOCK or block == _ZEROS:
        return False
    try:
        stated = _number(block[148:156])
    except DatasetError:
        return False
    return stated == sum(block) - sum(block[148:156]) + 8 * ord(" ")


def damaged(what: str) -> DatasetError:
    """What is raised where a tar contradicts itself or ends too early."""
    message = f"the tar is damaged or incomplete: {what}; transfer it again, or pack it again"
    return DatasetError("archive.damaged", message)


def _members(descriptor: int, limits: IngestSettings) -> tuple[list[_TarMember], list[str]]:
    """The regular files, and what was guessed of their names."""
    headers = list(_modest_headers(descriptor, limits))
    decoded = decode_names([header.name for header in headers], "tar")
    members = []
    for name, header in zip(decoded.names, headers, strict=True):
        _require_file_or_folder(name, header.kind)
        checked = checked_name(name)
        if header.kind in _REGULAR and not name.endswith("/"):
            if not checked:
                raise damaged("a member has no name")
            members.append(_TarMember(checked, header.size, header.offset))
    return members, decoded.notes


def _modest_headers(descriptor: int, limits: IngestSettings) -> Iterator[_Header]:
    total, count, unpacked = os.fstat(descriptor).st_size, 0, 0
    for header in _headers(descriptor, total):
        count, unpacked = count + 1, unpacked + header.size
        require_few_members(count, "the tar", limits)
        require_modest_size(unpacked, total, "the tar", limits)
        yield header


def _headers(descriptor: int, total: int) -> Iterator[_Header]:
    """Of every member, with extended headers applied."""
    offset, extended, is_pax_path = 0, dict[str, bytes](), False
    while (header := read_exactly(descriptor, BLOCK, offset)) != _ZEROS:
        if not is_header(header):
            raise damaged("it ends without an end mark" if len(header) < BLOCK else f"no header at byte {offset}")
        kind, size = header[156:157], _number(header[124:136])
        if kind in (_PAX, _PAX_GLOBAL, _LONG_NAME, _LONG_LINK):
            content = _extension(descriptor, offset + BLOCK, size)
            if kind == _PAX:
                extended |= (records := _pax(content))
                is_pax_path = is_pax_path or "path" in records
            elif kind == _LONG_NAME:
                extended["path"] = _until_zero(content)
                is_pax_path = False
        else:
            size = _size(extended.get("size"), size)
            if any(key.startswith("GNU.sparse") for key in extended):
                raise DatasetError("archive.unsupported", "the tar has a sparse file; pack with --no-sparse")
            if offset + BLOCK + size > total:
                raise damaged("a member goes on behind its end")
            path = extended.get("path")
            name = RawName(_name(header)) if not path else RawName(path, utf_8_text(path) if is_pax_path else None)
            yield _Header(name, size, offset + BLOCK, kind)
            extended, is_pax_path = {}, False
        offset += BLOCK + -(-size // BLOCK) * BLOCK


def _extension(descriptor: int, offset: int, size: int) -> bytes:
    if size > _MAX_HEADER_BYTES:
        message = f"the tar has an extended header of {size} bytes; expected at most {_MAX_HEADER_BYTES}"
        raise DatasetError("archive.name_too_long", message)
    return read_exactly(descriptor, size, offset)


def _require_file_or_folder(name: str, kind: bytes) -> None:
    if kind in _LINKS:
        message = f"{name!r} is a link; expected regular files: pack with --dereference --hard-dereference"
        raise DatasetError("archive.link", message)
    if kind in _DEVICES:
        raise DatasetError("archive.device", f"{name!r} is a device or pipe; expected regular files")
    if kind not in _REGULAR and kind not in _FOLDER:
        raise DatasetError("archive.unsupported", f"{name!r} has the type {kind!r}; expected regular files")


def _name(header: bytes) -> bytes:
    name, prefix = _until_zero(header[:100]), _until_zero(header[345:500])
    return prefix + b"/" + name if prefix and header[257:263] == b"ustar\x00" else name


def _until_zero(field: bytes) -> bytes:
    return field.split(b"\x00", 1)[0]


def _number(field: bytes) -> int:
    """Octal digits, or GNU's base 256 where the first bit is set."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:])
    digits = field.strip(b" \x00")
    if not digits:
        return 0
    if not digits.isdigit() or set(digits) & set(b"89"):
        raise damaged(f"a header has the number {field!r}")
    return int(digits, 8)


def _size(extended: bytes | None, size: int) -> int:
    if extended is None:
        return size
    if not (extended.isdigit() and len(extended) < 20):
        raise damaged(f"a header has the size {extended[:40]!r}")
    return int(extended)


def _pax(content: bytes) -> dict[str, bytes]:
    """Records ``length key=value\\n``, whose length counts itself."""
    records = {}
    while content.strip(b"\x00"):
        length_digits, space, _ = content[:20].partition(b" ")
        length = int(length_digits) if length_digits.isdigit() else 0
        record = content[len(length_digits) + 1 : length]
        if not space or length > len(content) or not record.endswith(b"\n") or b"=" not in record:
            raise damaged("a pax header cannot be read")
        key, _, value = record[:-1].partition(b"=")
        records[key.decode("utf-8", "replace")] = value
        content = content[length:]
    return records
