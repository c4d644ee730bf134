"""NumPy's file format without pickle: a header that is read as text and believed only if the file's size agrees."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.datasets.errors import DatasetError

MAGIC = b"\x93NUMPY"
HEAD_BYTES = 1 << 16
"""More than any honest header has."""
_LENGTHS = {1: struct.Struct("<H"), 2: struct.Struct("<I"), 3: struct.Struct("<I")}
_HEADER = re.compile(
    r"\{\s*'descr'\s*:\s*(?P<descr>'[^']{1,20}'|\[.*\]|\(.*\))\s*,"
    r"\s*'fortran_order'\s*:\s*(?P<fortran>True|False)\s*,"
    r"\s*'shape'\s*:\s*\((?P<shape>[\s\d,-]*)\)\s*,?\s*\}\s*",
    re.DOTALL,
)
_LIES = "array.header_lies"
_MAX_DIMENSIONS = 32


@dataclass(frozen=True)
class NpyHeader:
    """What an array file says of itself, checked against its size."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool
    offset: int
    """Where the items begin, in bytes."""


def read_header(head: bytes, size: int, name: str) -> NpyHeader:
    """The header of an array file of *size* bytes that begins with *head*. Allocates nothing of what it claims.

    Raises:
        DatasetError: ``array.pickled`` (objects), ``array.dtype`` (records, dates, complex numbers),
            ``array.header_lies`` (shape times item size is not the file's size), ``array.damaged``.
    """
    text, offset = _header_text(head, name)
    match = _HEADER.fullmatch(text)
    if match is None:
        raise DatasetError("array.damaged", f"{name!r} has a header that NumPy does not write: {text[:80]!r}")
    dtype = _dtype(match["descr"], name)
    shape = _shape(match["shape"], name)
    stated = math.prod(shape) * dtype.itemsize
    if stated != size - offset or dtype.itemsize == 0:
        raise DatasetError(
            _LIES, f"{name!r} says it holds {list(shape)} of {dtype}, {stated} bytes, but has {size - offset} bytes"
        )
    return NpyHeader(dtype, shape, match["fortran"] == "True", offset)


def map_array(path: Path, header: NpyHeader) -> npt.NDArray[Any]:
    """The items of an array file, read-only and memory-mapped; an array without items is just empty."""
    order = "F" if header.fortran_order else "C"
    if 0 in header.shape:
        return np.empty(header.shape, header.dtype)
    return np.memmap(path, header.dtype, "r", header.offset, header.shape, order)  # type: ignore[call-overload, no-any-return]


def _header_text(head: bytes, name: str) -> tuple[str, int]:
    start = len(MAGIC) + 2
    length = _LENGTHS.get(head[len(MAGIC)]) if head.startswith(MAGIC) and len(head) > start else None
    if length is None or len(head) < start + length.size:
        raise DatasetError("array.damaged", f"{name!r} does not begin as an npy file of version 1, 2 or 3 does")
    (stated,) = length.unpack_from(head, start)
    begin = start + length.size
    if stated > len(head) - begin:
        raise DatasetError(_LIES, f"{name!r} says that its header has {stated} bytes; it is not that long")
    return head[begin : begin + stated].decode("latin-1"), begin + stated


def _dtype(description: str, name: str) -> np.dtype[Any]:
    if re.search(r"\|O|'O", description):
        raise DatasetError(
            "array.pickled", f"{name!r} holds pickled objects, which are never loaded; save numbers or text instead"
        )
    try:
        dtype = np.dtype(description.strip("'")) if description.startswith("'") else None
    except (TypeError, ValueError, OverflowError, SyntaxError, MemoryError):
        dtype = None
    if dtype is None or dtype.kind not in "buifSU" or dtype.subdtype is not None:
        raise DatasetError("array.dtype", f"{name!r} holds {description[:60]}; expected numbers or text")
    return dtype


def _shape(text: str, name: str) -> tuple[int, ...]:
    sizes = [part.strip() for part in text.split(",") if part.strip()]
    if len(sizes) > _MAX_DIMENSIONS or not all(re.fullmatch(r"\d{1,18}", size, re.ASCII) for size in sizes):
        raise DatasetError(_LIES, f"{name!r} says that its shape is ({text[:60]}), which no array has")
    return tuple(int(size) for size in sizes)
