"""Images whose label is missing, as NaN says it among numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from augury.datasets.errors import DatasetError
from augury.datasets.labelled_images import ArrayImages, EncodedImages, Listing


def without_unlabelled(listing: Listing) -> Listing:
    """The listing without the images that have no label, which are counted.

    Raises:
        DatasetError: ``labels.missing``: no image has one.
    """
    kept = [index for index, label in enumerate(listing.labels) if label]
    if len(kept) == len(listing.labels):
        return listing
    if not kept:
        raise DatasetError("labels.missing", f"none of the {len(listing.labels)} images has a label: all are missing")
    for name, label in zip(listing.names, listing.labels, strict=True):
        if not label:
            listing.skipped.add("row without a label", name)
    return replace(
        listing,
        names=_at(listing.names, kept),
        labels=_at(listing.labels, kept),
        images=_images(listing.images, kept),
        class_names=None if listing.class_names is None else [name for name in listing.class_names if name],
        splits=None if listing.splits is None else _at(listing.splits, kept),
        groups=None if listing.groups is None else _at(listing.groups, kept),
    )


def _images(images: EncodedImages | ArrayImages, kept: Sequence[int]) -> EncodedImages | ArrayImages:
    if isinstance(images, EncodedImages):
        return EncodedImages(lambda index: images.read(kept[index]))
    rows = np.asarray(kept, np.intp)
    return replace(images, rows=rows if images.rows is None else images.rows[rows])


def _at(values: Sequence[str], kept: Sequence[int]) -> list[str]:
    return [values[index] for index in kept]
