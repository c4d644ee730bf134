"""What a reference's files amount to: each format has a recogniser, and they are asked in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from api_schemas.datasets.references import ImageOptions
from augury.datasets.containers.base import Contents
from augury.datasets.errors import DatasetError
from augury.datasets.formats import image_folder
from augury.datasets.formats.arrays import idx, numpy_arrays
from augury.datasets.formats.class_labels import class_order, without_decimal_points
from augury.datasets.formats.one_label import require_one_label_each
from augury.datasets.formats.records import tfrecord
from augury.datasets.formats.tables import manifest, parquet
from augury.datasets.formats.unlabelled import without_unlabelled
from augury.datasets.labelled_images import Listing
from augury.datasets.settings import IngestSettings

Recogniser = Callable[[Contents, ImageOptions, IngestSettings], Listing | None]
"""A listing, or None: not this format. Raises DatasetError: this format, but broken."""

_RECOGNISERS: tuple[Recogniser, ...] = (
    manifest.recognise,
    numpy_arrays.recognise,
    idx.recognise,
    parquet.recognise,
    tfrecord.recognise,
    image_folder.recognise,
)
_UNDERSTOOD = (
    "a folder of images for each class (in a zip or tar, too), a CSV or Parquet manifest beside images, "
    "npz or npy arrays, IDX, Parquet with images, TFRecord"
)


def recognise(contents: Contents, options: ImageOptions, limits: IngestSettings) -> Listing:
    """The labelled images that the files of a reference are.

    Raises:
        DatasetError: ``format.unknown``, or what is wrong with files of a known format.
    """
    for recogniser in _RECOGNISERS:
        listing = recogniser(contents, options, limits)
        if listing is not None:
            return listing if listing.format == image_folder.FORMAT else _of_single_classes(listing)
    raise DatasetError("format.unknown", f"found {_describe(contents)}; expected {_UNDERSTOOD}")


def _of_single_classes(listing: Listing) -> Listing:
    """The listing with whole numbers as labels where they are such; no label is a list of labels."""
    listing = without_unlabelled(listing)
    require_one_label_each(set(listing.labels), f"the {listing.format}")
    labels = without_decimal_points(listing.labels)
    return listing if labels is listing.labels else replace(listing, labels=labels, class_names=class_order(labels))


def _describe(contents: Contents) -> str:
    kinds = Counter(PurePosixPath(member.name).suffix.lower() or "no extension" for member in contents.members)
    if not kinds:
        skipped = "; ".join(f"{skipped.count} x {skipped.reason}" for skipped in contents.skipped.summary())
        return f"no files ({skipped})" if skipped else "no files"
    listed = ", ".join(f"{count} x {kind}" for kind, count in kinds.most_common(5))
    return f"{len(contents.members)} files ({listed}, e.g. {contents.members[0].name!r})"
