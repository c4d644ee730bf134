"""Snapshots: labelled images as arrays in a folder, with the digest of their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.dataset import DatasetFacts

Array = npt.NDArray[Any]
SPLIT_CODES = {"train": 0, "validation": 1, "test": 2}
NO_SPLIT = -1
PARTS = ("images.npy", "labels.npy", "meta.json")
"""The files of a snapshot's folder. ``meta.json`` is stored last and says that the others are there: ``class_names``
in label order, ``names`` (where each image comes from), ``splits`` (a name of SPLIT_CODES for each image, or null) and
``groups`` (a name for each image, or null)."""


@dataclass(frozen=True)
class Snapshot:
    """Images ``[N, H, W, C]`` (uint8, uint16 or float32), labels ``[N]`` (int64), class names in label order."""

    images: Array
    labels: Array
    class_names: list[str]
    names: list[str] = field(default_factory=list)
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
    """
    meta = _meta(folder)
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
    """Write a snapshot's three files into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "images.npy", np.ascontiguousarray(snapshot.images), allow_pickle=False)
    np.save(folder / "labels.npy", np.ascontiguousarray(snapshot.labels), allow_pickle=False)
    split_names = {code: name for name, code in SPLIT_CODES.items()}
    splits = None if snapshot.splits is None else [split_names.get(code, "") for code in snapshot.splits.tolist()]
    groups = None if snapshot.groups is None else [str(code) for code in snapshot.groups.tolist()]
    meta = {"class_names": snapshot.class_names, "names": snapshot.names, "splits": splits, "groups": groups}
    (folder / "meta.json").write_text(json.dumps(meta))


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
        names=meta["names"],
        splits=_split_codes(meta["splits"]),
        groups=_group_codes(meta["groups"]),
    )


def _meta(folder: Path) -> dict[str, Any]:
    absent: dict[str, Any] = {"names": [], "splits": None, "groups": None}  # as in the first snapshots
    meta: dict[str, Any] = absent | json.loads((folder / "meta.json").read_bytes())
    return meta


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
