"""Weights in HDF5, as Keras 3 lays them out, and nothing else that HDF5 can be.

A file of that format can point to others (external and soft links, external storage, virtual datasets), have a
library of its own choice loaded (filters), and state shapes that it does not store. A file of weights has use for none
of it, so each is refused before a value is read. Attributes are never looked at.
"""

from __future__ import annotations

import contextlib
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy.typing as npt

from augury.training.model_files.errors import ModelFileError

MAGIC = b"\x89HDF\r\n\x1a\n"
MAX_OBJECTS = 100_000
MAX_DEPTH = 32
MAX_RANK = 8
MAX_RATIO = 200
"""Bytes of an array to those that are stored of it, where they are compressed."""
_VALUES = "vars"
"""The group of an object's variables, which are called 0, 1, ..."""
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
_LAYOUTS = {h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED}
_CLASSES = {h5py.h5t.FLOAT, h5py.h5t.INTEGER}

Arrays = dict[str, dict[str, npt.NDArray[Any]]]
"""By the path of the object that they are variables of (``layers/conv2d``), then by number (``0``)."""


def read_hdf5(path: Path, max_bytes: int) -> Arrays:
    """All variables in a file of weights.

    Args:
        path: of a file that nobody else writes to.
        max_bytes: of all arrays together, as they are in memory.

    Raises:
        ModelFileError: ``model.hdf5``: damaged, or not what Keras 3 writes; ``model.hdf5_link``, ``.hdf5_storage``,
            ``.hdf5_filter``, ``.hdf5_type`` or ``.hdf5_size``: something that no weights need.
    """
    with opened(path) as file:
        return _read(file, max_bytes)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """The file, until the block ends; what h5py finds wrong with it in the block is a ``ModelFileError``."""
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except ModelFileError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, UnicodeError) as error:  # as h5py says: damaged
        raise ModelFileError("model.hdf5", f"the weights cannot be read as HDF5: {_first_line(error)}") from error


def checked_datasets(file: h5py.File, max_bytes: int) -> dict[str, h5py.Dataset]:
    """All arrays by their paths, none of them read yet, after all checks.

    Raises:
        ModelFileError: as ``read_hdf5``.
    """
    found = dict(_datasets(file))
    total = 0
    for where, dataset in found.items():
        total += _require_plain(where, dataset)
        if total > max_bytes:
            message = f"the weights state {total:,} bytes or more, and at most {max_bytes:,} are allowed"
            raise ModelFileError("model.hdf5_size", message)
    return found


def _read(file: h5py.File, max_bytes: int) -> Arrays:
    arrays: Arrays = defaultdict(dict)
    for where, dataset in checked_datasets(file, max_bytes).items():
        owner, _, number = where.rpartition("/")
        if owner.rpartition("/")[2] != _VALUES:
            raise ModelFileError(
                "model.hdf5",
                f"{where!r} is not where Keras 3 puts weights; save the model as a .keras file, or its weights as "
                "a .weights.h5 file, with Keras 3 (whole models in .h5 of earlier versions are not read)",
            )
        arrays[owner[: -len(_VALUES)].rstrip("/")][number] = dataset[()]
    return dict(arrays)


def _datasets(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """Every dataset with its path, reached by hard links alone, and each object once."""
    waiting: list[tuple[str, h5py.Group, int]] = [("", file, 0)]
    seen = {_address(file)}
    while waiting:
        prefix, group, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ModelFileError("model.hdf5", f"groups are nested more than {MAX_DEPTH} deep")
        for name in group:
            where = f"{prefix}{name}"
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                message = f"{where[:200]!r} is a link to something else, in this file or another; expected none"
                raise ModelFileError("model.hdf5_link", message)
            member = group[name]
            if _address(member) in seen:
                raise ModelFileError("model.hdf5_link", f"{where[:200]!r} is in the file under two names")
            seen.add(_address(member))
            if len(seen) > MAX_OBJECTS:
                raise ModelFileError("model.hdf5", f"there are more than {MAX_OBJECTS:,} objects in it")
            if isinstance(member, h5py.Group):
                waiting.append((f"{where}/", member, depth + 1))
            elif isinstance(member, h5py.Dataset):
                yield where, member
            else:
                raise ModelFileError("model.hdf5_type", f"{where[:200]!r} is neither a group nor an array")


def _address(member: Any) -> int:
    return int(h5py.h5o.get_info(member.id).addr)


def _require_plain(where: str, dataset: h5py.Dataset) -> int:
    """The bytes of an array of plain numbers that are stored in the file itself."""
    creation = dataset.id.get_create_plist()
    if creation.get_external_count() or creation.get_layout() not in _LAYOUTS:
        message = f"{where[:200]!r} has its values outside of the file; expected them inside"
        raise ModelFileError("model.hdf5_storage", message)
    filters = {creation.get_filter(index)[0] for index in range(creation.get_nfilters())}
    if not filters <= _FILTERS:
        message = f"{where[:200]!r} is packed by filters {sorted(filters - _FILTERS)}; expected none, or gzip"
        raise ModelFileError("model.hdf5_filter", message)
    kind = dataset.id.get_type()
    if kind.get_class() not in _CLASSES or dataset.dtype.kind not in "fiu" or dataset.shape is None:
        raise ModelFileError("model.hdf5_type", f"{where[:200]!r} holds no plain numbers")
    if len(dataset.shape) > MAX_RANK:
        raise ModelFileError("model.hdf5_size", f"{where[:200]!r} has more than {MAX_RANK} dimensions")
    size = math.prod(map(int, dataset.shape)) * int(dataset.dtype.itemsize)
    stored = int(dataset.id.get_storage_size())
    if size > (stored * MAX_RATIO if filters else stored):
        message = f"{where[:200]!r} states {size:,} bytes, and {stored:,} are stored of it"
        raise ModelFileError("model.hdf5_size", message)
    return size


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
