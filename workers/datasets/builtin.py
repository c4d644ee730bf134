"""Datasets that come with installed packages."""

from __future__ import annotations

from typing import Any

import numpy as np

from store.snapshots import Snapshot
from workers.failures import DatasetError

_DIGITS_TOP = 16  # scikit-learn's digits count set pixels in 4x4 blocks


def load_builtin(reference: dict[str, Any]) -> Snapshot:
    """The images of a built-in dataset.

    Raises:
        DatasetError: there is none of that name.
    """
    loader = _LOADERS.get(reference["name"])
    if loader is None:
        raise DatasetError("builtin.unknown", f"there is no built-in dataset {reference['name']!r}")
    return loader()


def _digits() -> Snapshot:
    from sklearn.datasets import load_digits  # takes a second to import, and only ingestion needs it

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / _DIGITS_TOP)).astype(np.uint8)[..., np.newaxis]
    return Snapshot(images=images, labels=bunch.target.astype(np.int64), class_names=[str(n) for n in range(10)])


_LOADERS = {"digits": _digits}
