"""From an open file or folder to its contents. What it is, is told by its bytes, never by its name."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

from augury.datasets.containers.base import Contents
from augury.datasets.containers.folder import FolderContents, SingleFile
from augury.datasets.containers.limits import PIECE_BYTES, require_modest_size, write_fresh
from augury.datasets.containers.tar import BLOCK, TarContents, damaged, is_header
from augury.datasets.containers.zip import ZipContents
from augury.datasets.disk import require_room
from augury.datasets.errors import DatasetError
from augury.datasets.protocol import Report
from augury.datasets.settings import IngestSettings

_ZIP, _EMPTY_ZIP, _GZIP, _ZSTANDARD = b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_GZIP_FORMAT = 31
_MAX_WINDOW_BYTES = 1 << 27
_HEAD_BYTES = 1 << 16
_OTHER_ARCHIVES = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"7z\xbc\xaf\x27\x1c": "7-Zip", b"Rar!\x1a\x07": "RAR"}


def open_contents(
    descriptor: int, name: str, workspace: Path, limits: IngestSettings, report: Report = lambda *_: None
) -> Contents:
    """The members of an open folder, zip, tar, tar.gz or tar.zst, or the one file that *descriptor* is.

    An npz is a zip, and a packed IDX file is gzip, but their readers want the whole file; they are one member. The
    descriptor stays the caller's, and must stay open as long as the contents are used. *report* is called while a tar
    is unpacked, with the bytes so far.

    Raises:
        DatasetError: rules ``archive.*``, ``folder.*`` or ``disk.full``.
    """
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        return FolderContents(descriptor, name, workspace, limits)
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    for magic, kind in _OTHER_ARCHIVES.items():
        if head.startswith(magic):
            message = f"got a {kind} archive; expected a zip, tar, tar.gz or tar.zst"
            raise DatasetError("archive.unsupported", message)
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        zipped = ZipContents(descriptor, workspace, limits)
        is_npz = zipped.members and all(member.name.endswith(".npy") for member in zipped.members)
        return SingleFile(descriptor, name, workspace) if is_npz else zipped
    if is_header(head[:BLOCK]):
        return TarContents(descriptor, workspace, limits)
    unpack = _UNPACKERS.get(next((magic for magic in _UNPACKERS if head.startswith(magic)), b""))
    if unpack is not None and is_header(_first_block(unpack(descriptor))):
        return _packed_tar(descriptor, unpack(descriptor), workspace, limits, report)
    return SingleFile(descriptor, name, workspace)


def _first_block(pieces: Iterator[bytes]) -> bytes:
    block = b""
    try:
        while len(block) < BLOCK and (piece := next(pieces, b"")):
            block += piece
    except DatasetError:
        return b""  # its reader will say what is wrong
    return block[:BLOCK]


def _packed_tar(
    descriptor: int, pieces: Iterator[bytes], workspace: Path, limits: IngestSettings, report: Report
) -> TarContents:
    """A tar that is unpacked, whole and counted, into one file without a name."""
    packed = os.fstat(descriptor).st_size
    require_room(workspace, packed)
    path = write_fresh(workspace, _within_limits(pieces, packed, limits, report))
    tar = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    path.unlink()  # it is gone with the process
    return TarContents(tar, workspace, limits)


def _within_limits(pieces: Iterator[bytes], packed: int, limits: IngestSettings, report: Report) -> Iterator[bytes]:
    unpacked = 0
    for piece in pieces:
        unpacked += len(piece)
        require_modest_size(unpacked, packed, "the archive", limits)
        report("unpacking", unpacked, max(unpacked, packed))
        yield piece


def _gunzip(descriptor: int) -> Iterator[bytes]:
    """A gzip's bytes, by pieces; several gzips one after the other are one, zeros behind them are padding."""
    offset, inflater, rest = 0, zlib.decompressobj(_GZIP_FORMAT), b""
    while True:
        if not rest:
            rest = os.pread(descriptor, PIECE_BYTES, offset)
            offset += len(rest)
        if inflater.eof:
            rest = rest.lstrip(b"\x00")
            if rest:
                inflater = zlib.decompressobj(_GZIP_FORMAT)
        if not rest:
            break
        try:
            yield inflater.decompress(rest, PIECE_BYTES)
        except zlib.error as error:
            raise damaged("its gzip cannot be unpacked") from error
        rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if not inflater.eof:
        raise damaged("its gzip is cut off")


def _unpack_zstandard(descriptor: int) -> Iterator[bytes]:
    """A Zstandard file's bytes, by pieces."""
    source = os.fdopen(os.dup(descriptor), "rb", buffering=0)
    source.seek(0)
    unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
    with source, unpacker.stream_reader(source, read_across_frames=True) as reader:
        try:
            while piece := reader.read(PIECE_BYTES):
                yield piece
        except zstandard.ZstdError as error:
            raise damaged("its Zstandard stream cannot be unpacked") from error


_UNPACKERS = {_GZIP: _gunzip, _ZSTANDARD: _unpack_zstandard}
