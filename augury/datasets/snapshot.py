"""Snapshots: labelled images as arrays in a folder, with the digest of their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.dataset import DatasetFacts

Array = npt.NDArray[Any]
SPLIT_CODES = {"train": 0, "validation": 1, "test": 2}
NO_SPLIT = -1
_NUMBER_BYTES = 8
NAMES_PART = "names.npy"
"""Where each image comes from, as PackedNames has it. Earlier snapshots have the same as a list in ``meta.json``."""

PARTS = ("images.npy", "labels.npy", NAMES_PART, "meta.json")
"""The files of a snapshot's folder. ``meta.json`` is stored last and says that the others are there: ``class_names``
in label order, ``splits`` (a name of SPLIT_CODES for each image, or null), ``groups`` (a name for each image, or null)
and ``names_sha256`` (of the file of names, which the snapshot's digest leaves out)."""


class PackedNames(Sequence[str]):
    """Names in one array, each made when it is asked for: a million in a file that is mapped take no memory.

    The array is uint8: as little-endian int64 the number of names and where each begins and the last ends, counted from
    the end of these numbers; then the names in UTF-8.
    """

    def __init__(self, packed: Array) -> None:
        count = int(packed[:_NUMBER_BYTES].view("<i8")[0])
        begin = _NUMBER_BYTES * (count + 2)
        self._bounds = packed[_NUMBER_BYTES:begin].view("<i8")
        self._text = packed[begin:]

    @staticmethod
    def pack(names: Sequence[str]) -> Array:
        """The array for these names, which may have halves of surrogate pairs, as file systems do."""
        encoded = [name.encode("utf-8", "surrogatepass") for name in names]
        numbers = np.zeros(len(encoded) + 2, "<i8")
        numbers[0] = len(encoded)
        np.cumsum([len(name) for name in encoded], out=numbers[2:])
        return np.concatenate([numbers.view(np.uint8), np.frombuffer(b"".join(encoded), np.uint8)])

    def __len__(self) -> int:
        return len(self._bounds) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        position = index % len(self)
        begin, end = self._bounds[position : position + 2].tolist()
        return self._text[begin:end].tobytes().decode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class Snapshot:
    """Images ``[N, H, W, C]`` (uint8, uint16 or float32), labels ``[N]`` (int64), class names in label order."""

    images: Array
    labels: Array
    class_names: list[str]
    names: Sequence[str] = ()
    """Where each image comes from: a file's name, or a row. Empty where nobody said."""
    splits: npt.NDArray[np.int8] | None = None
    """Codes ``[N]`` as in SPLIT_CODES, NO_SPLIT for an image that is in none; None without fixed splits."""
    groups: npt.NDArray[np.int64] | None = None
    """Codes ``[N]`` in order of first appearance; images of one group belong on one side of a split. None without."""

    def digest(self) -> str:
        """SHA-256 over shape, type, class names, pixels, labels, and codes of splits and groups; names do not count."""
        content = _header_hash(self.images.shape, self.images.dtype, self.class_names)
        for array in _present(self.images, self.labels, self.splits, self.groups):
            content.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        return content.hexdigest()

    def facts(self) -> DatasetFacts:
        """What there is to know without training anything."""
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        height, width, channels = self.images.shape[1:]
        return DatasetFacts(
            images=len(self.images),
            classes={name: int(count) for name, count in zip(self.class_names, counts, strict=True)},
            shape=(height, width, channels),
            dtype=self.images.dtype.name,
            value_range=(float(self.images.min()), float(self.images.max())),
            channel_mean=self.images.mean(axis=(0, 1, 2), dtype=np.float64).tolist(),
            channel_std=self.images.std(axis=(0, 1, 2), dtype=np.float64).tolist(),
        )


def digest_of(folder: Path) -> str:
    """The digest of the snapshot in a folder, as ``Snapshot.digest`` gives it.

    Reads the files piece by piece instead of mapping them, so that a large set does not look like used memory.

    Raises:
        ValueError: the names, which are not in the digest, are not those that were stored.
    """
    meta = _meta(folder)
    if meta["names_sha256"] is not None and meta["names_sha256"] != _sha256(folder / NAMES_PART):
        raise ValueError(f"{NAMES_PART} is damaged")
    with (folder / "images.npy").open("rb") as images, (folder / "labels.npy").open("rb") as labels:
        shape, dtype = _npy_header(images)
        content = _header_hash(shape, dtype, meta["class_names"])
        hashlib.file_digest(images, lambda: content)
        _npy_header(labels)
        hashlib.file_digest(labels, lambda: content)
    for codes in _present(_split_codes(meta["splits"]), _group_codes(meta["groups"])):
        content.update(codes.data)
    return content.hexdigest()


def write_snapshot_folder(folder: Path, snapshot: Snapshot) -> None:
    """Write a snapshot's files into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "images.npy", np.ascontiguousarray(snapshot.images), allow_pickle=False)
    np.save(folder / "labels.npy", np.ascontiguousarray(snapshot.labels), allow_pickle=False)
    split_names = {code: name for name, code in SPLIT_CODES.items()}
    names_sha256 = write_names(folder, snapshot.names)
    splits = None if snapshot.splits is None else [split_names.get(code, "") for code in snapshot.splits.tolist()]
    groups = None if snapshot.groups is None else [str(code) for code in snapshot.groups.tolist()]
    meta = {
        "class_names": snapshot.class_names,
        "splits": splits,
        "groups": groups,
        "names_sha256": names_sha256,
    }
    (folder / "meta.json").write_text(json.dumps(meta))


def write_names(folder: Path, names: Sequence[str]) -> str:
    """Write the part of a snapshot that has the names; the SHA-256 of its file, for ``meta.json``."""
    np.save(folder / NAMES_PART, PackedNames.pack(names), allow_pickle=False)
    return _sha256(folder / NAMES_PART)


def open_snapshot_folder(folder: Path) -> Snapshot:
    """The snapshot in a folder, with read-only memory maps of its files.

    Raises:
        FileNotFoundError: a file of it is missing.
    """
    meta = _meta(folder)
    images, labels = (np.load(folder / part, mmap_mode="r", allow_pickle=False) for part in PARTS[:2])
    return Snapshot(
        images=np.asarray(images),
        labels=np.asarray(labels),
        class_names=meta["class_names"],
        names=_names(folder, meta),
        splits=_split_codes(meta["splits"]),
        groups=_group_codes(meta["groups"]),
    )


def _names(folder: Path, meta: dict[str, Any]) -> PackedNames:
    """Mapped from their file; those of earlier snapshots at least packed."""
    file = folder / NAMES_PART
    if not file.exists():
        return PackedNames(PackedNames.pack(meta["names"]))
    return PackedNames(np.asarray(np.load(file, mmap_mode="r", allow_pickle=False)))


def _meta(folder: Path) -> dict[str, Any]:
    absent: dict[str, Any] = {
        "names": [],
        "splits": None,
        "groups": None,
        "names_sha256": None,
    }  # as in the first snapshots
    meta: dict[str, Any] = absent | json.loads((folder / "meta.json").read_bytes())
    return meta


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header_hash(shape: tuple[int, ...], dtype: np.dtype[Any], class_names: list[str]) -> hashlib._Hash:
    return hashlib.sha256(json.dumps([shape, dtype.str, class_names]).encode())


def _npy_header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of the C-ordered array in a file that is open at its start, and then at its first value."""
    np.lib.format.read_magic(file)
    shape, is_fortran_ordered, dtype = np.lib.format.read_array_header_1_0(file)
    if is_fortran_ordered:
        raise ValueError("a snapshot's arrays are stored in C order")
    return shape, dtype


def _present(*arrays: Array | None) -> Iterable[Array]:
    return (array for array in arrays if array is not None)


def _split_codes(splits: list[str] | None) -> npt.NDArray[np.int8] | None:
    return None if splits is None else np.array([SPLIT_CODES.get(name, NO_SPLIT) for name in splits], np.int8)


def _group_codes(groups: list[str] | None) -> npt.NDArray[np.int64] | None:
    if groups is None:
        return None
    codes = {name: code for code, name in enumerate(dict.fromkeys(groups))}
    return np.array([codes[name] for name in groups], np.int64)
