"""Arrays in the safetensors layout, read strictly and written plainly.

Eight bytes with the length of a header, the header in JSON, then the arrays' bytes: nothing in it can be executed. A
header can still lie, so every array must lie inside the file, have exactly the bytes that its shape takes, and share
none with another.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from augury.training.model_files.errors import ModelFileError

MAX_HEADER_BYTES = 2**24
MAX_RANK = 8
MAX_ARRAYS = 100_000
_LENGTH_BYTES = 8
_METADATA = "__metadata__"
_BRAIN_FLOAT = "BF16"
_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", _BRAIN_FLOAT: "<u2"}

Array = npt.NDArray[Any]


class Tensors(NamedTuple):
    """Texts about a file, and its arrays by name, in the order in which they are stored."""

    metadata: dict[str, str]
    arrays: dict[str, Array]
    """Maps of the file, but for those of a type that NumPy lacks."""


class _Entry(NamedTuple):
    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    end: int


def is_safetensors(head: bytes, size: int) -> bool:
    """Whether a file of so many bytes that begins so may be one: the header's length fits, and JSON begins."""
    length = int.from_bytes(head[:_LENGTH_BYTES], "little")
    return len(head) > _LENGTH_BYTES and head[_LENGTH_BYTES : _LENGTH_BYTES + 1] == b"{" and length < size


def read_safetensors(path: Path) -> Tensors:
    """All arrays of a file.

    Raises:
        ModelFileError: ``model.safetensors``: the file is not what its header says.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if not 0 < length <= min(MAX_HEADER_BYTES, size - _LENGTH_BYTES):
            raise _refused(f"its header states {length:,} bytes")
        header = _header(file.read(length))
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise _refused(f"{_METADATA} is not an object of texts")
    start = _LENGTH_BYTES + length
    entries = _entries(header, size - start)
    return Tensors(metadata, {entry.name: _array(path, entry, start) for entry in entries})


def write_safetensors(path: Path, metadata: Mapping[str, str], arrays: Sequence[tuple[str, Array]]) -> None:
    """Store arrays as float32, in this order. Equal ones give equal bytes."""
    header: dict[str, Any] = {_METADATA: dict(sorted(metadata.items()))}
    offset = 0
    for name, array in arrays:
        size = 4 * array.size
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + size]}
        offset += size
    written = json.dumps(header, separators=(",", ":")).encode()
    with path.open("xb") as file:
        file.write(len(written).to_bytes(_LENGTH_BYTES, "little") + written)
        _write_all(file, arrays)


def _write_all(file: BinaryIO, arrays: Sequence[tuple[str, Array]]) -> None:
    for _, array in arrays:
        file.write(np.ascontiguousarray(array, "<f4").tobytes())
    file.flush()
    os.fsync(file.fileno())


def _header(content: bytes) -> dict[str, Any]:
    try:
        header = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _refused("its header is not JSON") from error
    if not isinstance(header, dict) or len(header) > MAX_ARRAYS:
        raise _refused(f"its header is not an object of at most {MAX_ARRAYS:,} arrays")
    return header


def _entries(header: dict[str, Any], size: int) -> list[_Entry]:
    """The arrays in their order in the file, which they fill without gaps and overlaps."""
    entries = sorted((_entry(name, fields) for name, fields in header.items()), key=lambda entry: entry[3:])
    position = 0
    for entry in entries:
        if entry.start != position:
            raise _refused(f"{entry.name[:200]!r} does not begin where the array before it ends")
        position = entry.end
    if position != size:
        raise _refused(f"its arrays take {position:,} bytes, and {size:,} follow the header")
    return entries


def _entry(name: str, fields: Any) -> _Entry:
    if not isinstance(fields, dict) or set(fields) != {"dtype", "shape", "data_offsets"}:
        raise _refused(f"{name[:200]!r} is not described by dtype, shape and data_offsets")
    kind, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if kind not in _TYPES:
        raise _refused(f"{name[:200]!r} is of type {str(kind)[:20]!r}, expected one of {', '.join(_TYPES)}")
    if not _are_counts(shape) or len(shape) > MAX_RANK or not _are_counts(offsets) or len(offsets) != 2:
        raise _refused(f"{name[:200]!r} has no shape of up to {MAX_RANK} sizes, or no two offsets")
    if offsets[1] - offsets[0] != math.prod(shape) * np.dtype(_TYPES[kind]).itemsize:
        raise _refused(f"{name[:200]!r} states a shape that its bytes do not have")
    return _Entry(name, kind, tuple(shape), *offsets)


def _are_counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int and 0 <= each < 2**48 for each in value)


def _array(path: Path, entry: _Entry, start: int) -> Array:
    if entry.start == entry.end:
        return np.zeros(entry.shape, np.float32)
    stored: Array = np.memmap(path, _TYPES[entry.kind], "r", start + entry.start, entry.shape)
    if entry.kind != _BRAIN_FLOAT:
        return stored
    return (stored.astype(np.uint32) << 16).view(np.float32)  # the upper half of a float32


def _refused(reason: str) -> ModelFileError:
    return ModelFileError("model.safetensors", f"the file is no safetensors file: {reason}")
