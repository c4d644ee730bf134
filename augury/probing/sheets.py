"""Contact sheets for reports: a few images, and what a candidate makes of them."""

from __future__ import annotations

import numpy as np

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.preview.columns import Look, choose, contact_sheet, random_columns
from augury.augmentation.preview.contact_sheet import Magnification, display_range
from augury.datasets.snapshot import Snapshot

_IMAGES = 6
_ROUNDS = 5
_SEED = 0


def sheet_of(spec: ImageDataGeneratorSpec, snapshot: Snapshot) -> bytes:
    """A PNG: originals in the first column, random augmentations beside them."""
    indices = choose(np.asarray(snapshot.labels), _IMAGES, _SEED)
    originals = snapshot.images[indices]
    value_range = (float(originals.min()), float(originals.max()))
    shape = originals.shape[1:]
    pipeline = Pipeline(spec)
    columns = random_columns(pipeline, shape, seed=_SEED, rounds=_ROUNDS, indices=indices)
    look = Look(display_range(snapshot.images.dtype.name, value_range), Magnification.fitting(shape[0], shape[1]))
    names = [snapshot.class_names[label] for label in snapshot.labels[indices]]
    return contact_sheet(pipeline, originals, names, columns, look).png()
