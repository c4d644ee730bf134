"""Snapshots: labelled images as arrays, stored under the digest of their content."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets import DatasetFacts
from store.artifacts import Artifacts

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Snapshot:
    """Images ``[N, H, W, C]`` (uint8, uint16 or float32), labels ``[N]`` (int64), class names in label order."""

    images: Array
    labels: Array
    class_names: list[str]

    def digest(self) -> str:
        """SHA-256 over shape, type, pixels, labels and class names."""
        header = json.dumps([self.images.shape, self.images.dtype.str, self.class_names])
        content = hashlib.sha256(header.encode())
        content.update(np.ascontiguousarray(self.images).tobytes())
        content.update(np.ascontiguousarray(self.labels).tobytes())
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


def store_snapshot(artifacts: Artifacts, snapshot: Snapshot) -> str:
    """Store a snapshot under its digest, which is returned. The same content is stored once."""
    digest = snapshot.digest()
    if not artifacts.exists(_name(digest, "meta.json")):
        artifacts.write(_name(digest, "images.npy"), _npy(snapshot.images))
        artifacts.write(_name(digest, "labels.npy"), _npy(snapshot.labels))
        meta = json.dumps({"class_names": snapshot.class_names}).encode()
        artifacts.write(_name(digest, "meta.json"), meta)  # last: it says that the others are there
    return digest


@lru_cache(maxsize=2)
def load_snapshot(artifacts: Artifacts, digest: str) -> Snapshot:
    """The snapshot of that digest.

    Raises:
        ArtifactMissingError: it is not stored.
    """
    meta = json.loads(artifacts.read(_name(digest, "meta.json")))
    return Snapshot(
        images=_array(artifacts.read(_name(digest, "images.npy"))),
        labels=_array(artifacts.read(_name(digest, "labels.npy"))),
        class_names=meta["class_names"],
    )


def _name(digest: str, part: str) -> str:
    return f"datasets/{digest}/{part}"


def _npy(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _array(content: bytes) -> Array:
    array: Array = np.load(io.BytesIO(content), allow_pickle=False)
    array.setflags(write=False)  # it is shared by all trials of this process
    return array
