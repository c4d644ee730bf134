"""TFRecord's framing: length, checksum of the length, bytes, checksum of the bytes; all little-endian.

The checksums are CRC-32C, rotated and shifted as TensorFlow's ``record_writer`` does ("masked").
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import google_crc32c

from augury.datasets.errors import DatasetError

_LENGTH = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
HEADER_BYTES = _LENGTH.size
_MASK = 0xA282EAD8
_DAMAGED = "tfrecord.damaged"


def begins_as_tfrecord(head: bytes) -> bool:
    """Whether a first length and its checksum agree: one file in four billion does so by chance."""
    if len(head) < HEADER_BYTES:
        return False
    _, checksum = _LENGTH.unpack_from(head)
    return masked_checksum(head[:8]) == int(checksum)


def masked_checksum(content: bytes) -> int:
    """CRC-32C as TFRecord stores it."""
    plain = google_crc32c.value(content)
    return int(((plain >> 15 | plain << 17) + _MASK) & 0xFFFFFFFF)


def records(path: Path, name: str, max_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Where each record's bytes begin in the file, and the bytes; every checksum is verified.

    Raises:
        DatasetError: ``tfrecord.damaged`` with the record's number, ``tfrecord.too_large`` for one of more than
            *max_bytes*.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        offset = number = 0
        while offset < size:
            where = f"{name!r}, record {number}"
            length = _length(file.read(HEADER_BYTES), where)
            start = offset + HEADER_BYTES
            if length > size - start - _FOOTER.size:
                raise DatasetError(_DAMAGED, f"{where}: says it has {length} bytes, of which {size - start} are there")
            if length > max_bytes:
                raise DatasetError("tfrecord.too_large", f"{where}: has {length} bytes, at most {max_bytes} are read")
            content = file.read(length)
            if file.read(_FOOTER.size) != _FOOTER.pack(masked_checksum(content)):
                raise DatasetError(_DAMAGED, f"{where}: its checksum is wrong")
            yield start, content
            offset = start + length + _FOOTER.size
            number += 1


def _length(header: bytes, where: str) -> int:
    if len(header) < HEADER_BYTES:
        raise DatasetError(_DAMAGED, f"{where}: cut off")
    length, _ = _LENGTH.unpack(header)
    if not begins_as_tfrecord(header):
        raise DatasetError(_DAMAGED, f"{where}: the checksum of its length is wrong")
    return int(length)
