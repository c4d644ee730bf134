"""Zips as contents: members are inflated where they lie, and their bytes are counted while they grow."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from augury.datasets.containers.base import Member
from augury.datasets.containers.folder import too_large
from augury.datasets.containers.limits import PIECE_BYTES, pieces_of, read_exactly, write_fresh
from augury.datasets.containers.member_names import arrange_members
from augury.datasets.containers.zip_directory import LOCAL_HEADER, STORED, ZipMember, damaged, overlap, read_directory
from augury.datasets.disk import require_room
from augury.datasets.labelled_images import SkippedFiles
from augury.datasets.settings import IngestSettings

_HEAD_BYTES = 4096
_RAW_DEFLATE = -15


class ZipContents:
    """The regular files of a zip; hidden ones are counted as skipped.

    Raises:
        DatasetError: as ``read_directory``; or ``archive.duplicate_name``.
    """

    def __init__(self, descriptor: int, workspace: Path, limits: IngestSettings) -> None:
        self._descriptor = descriptor
        self.workspace = workspace
        self.skipped = SkippedFiles()
        directory = read_directory(descriptor, limits)
        self.members: Sequence[ZipMember] = arrange_members(directory.members, self.skipped)
        self.notes = directory.notes
        self._files: dict[int, Path] = {}

    def read(self, member: Member, max_bytes: int) -> bytes:
        """All bytes of a member (see ``Contents``)."""
        assert isinstance(member, ZipMember)
        if member.size > max_bytes:
            raise too_large(member.name, member.size, max_bytes)
        packed = read_exactly(self._descriptor, member.packed, self._start(member))
        content = packed if member.method == STORED else _inflate(packed, member, member.size)
        if len(content) != member.size or zlib.crc32(content) != member.crc:
            raise damaged(f"the bytes of {member.name!r} are not those that were packed")
        return content

    def head(self, member: Member, count: int) -> bytes:
        """The first bytes of a member."""
        assert isinstance(member, ZipMember)
        packed = read_exactly(self._descriptor, min(member.packed, _HEAD_BYTES + count), self._start(member))
        return packed[:count] if member.method == STORED else _inflate(packed, member, count, is_whole=False)

    def as_file(self, member: Member) -> Path:
        """Its bytes in a file of the workspace, unpacked once."""
        assert isinstance(member, ZipMember)
        if member.offset not in self._files:
            require_room(self.workspace, member.size)
            self._files[member.offset] = write_fresh(self.workspace, self._unpack(member))
        return self._files[member.offset]

    def _start(self, member: ZipMember) -> int:
        """Where the packed bytes begin, which only the local header knows."""
        header = read_exactly(self._descriptor, LOCAL_HEADER.size, member.offset)
        if len(header) != LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise damaged(f"{member.name!r} is not where the directory says")
        fields = LOCAL_HEADER.unpack(header)
        start: int = member.offset + LOCAL_HEADER.size + fields[-2] + fields[-1]
        if start + member.packed > member.bound:
            raise overlap(member.name)
        return start

    def _unpack(self, member: ZipMember) -> Iterator[bytes]:
        inflater = zlib.decompressobj(_RAW_DEFLATE)
        size, crc = 0, 0
        for packed in pieces_of(self._descriptor, self._start(member), member.packed):
            pieces = iter([packed]) if member.method == STORED else _inflate_pieces(inflater, packed, member)
            for piece in pieces:
                size, crc = size + len(piece), zlib.crc32(piece, crc)
                if size > member.size:
                    raise _forged(member)
                yield piece
        if size != member.size or crc != member.crc:
            raise damaged(f"the bytes of {member.name!r} are not those that were packed")


def _inflate(packed: bytes, member: ZipMember, size: int, is_whole: bool = True) -> bytes:
    inflater = zlib.decompressobj(_RAW_DEFLATE)
    try:
        content = inflater.decompress(packed, size + is_whole) if size + is_whole else b""
    except zlib.error as error:
        raise damaged(f"{member.name!r} cannot be inflated") from error
    if is_whole and len(content) > size:
        raise _forged(member)
    return content


def _inflate_pieces(inflater: zlib._Decompress, packed: bytes, member: ZipMember) -> Iterator[bytes]:
    """Inflate a piece, no more than a piece at a time."""
    try:
        while packed:
            yield inflater.decompress(packed, PIECE_BYTES)
            packed = inflater.unconsumed_tail
    except zlib.error as error:
        raise damaged(f"{member.name!r} cannot be inflated") from error


def _forged(member: ZipMember) -> Exception:
    return damaged(f"{member.name!r} unpacks to more than the {member.size} bytes that it states")
