"""scikit-learn's digits as a snapshot in memory."""

from __future__ import annotations

import numpy as np

from augury.datasets.labelled_images import ArrayImages
from augury.datasets.snapshot import Snapshot
from augury.datasets.sources.builtin import digits


def digits_snapshot() -> Snapshot:
    """All 1,797, with the class names that a job sees."""
    listing = digits()
    assert isinstance(listing.images, ArrayImages)
    assert listing.class_names is not None
    labels = np.array([int(label) for label in listing.labels], np.int64)
    return Snapshot(listing.images.pixels, labels, list(listing.class_names))
