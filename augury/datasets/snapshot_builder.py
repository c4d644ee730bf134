"""From a listing to a snapshot's folder: ``images.npy``, ``labels.npy``, ``names.npy`` and ``meta.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.datasets.references import ImageOptions
from augury.datasets.disk import disk_errors
from augury.datasets.errors import DatasetError
from augury.datasets.facts import Labelled, facts_of
from augury.datasets.formats.class_labels import require_usable_name
from augury.datasets.images.arrays import write_arrays
from augury.datasets.images.encoded import ImageFiles, StoredImages
from augury.datasets.labelled_images import ArrayImages, EncodedImages, Listing, require_few_images
from augury.datasets.protocol import SNAPSHOT_FOLDER, Report
from augury.datasets.settings import IngestSettings, variable_of
from augury.datasets.snapshot import write_names


@dataclass(frozen=True)
class AssembledSnapshot:
    """A snapshot's folder, which nobody else has, and what is known of it."""

    folder: Path
    facts: DatasetFacts


def assemble(
    listing: Listing, options: ImageOptions, workspace: Path, limits: IngestSettings, report: Report
) -> AssembledSnapshot:
    """Write the listed images, less those that cannot be used, into a folder below *workspace*.

    ``images.npy`` is ``[N, H, W, C]`` uint8, uint16 or float32, ``labels.npy`` ``[N]`` int64 indices into the class
    names. ``report(step, done, total)`` is called at least each second, and may raise to stop.

    Raises:
        DatasetError: rules ``images.*``, ``array.*``, ``labels.*``, ``groups.*``, ``dataset.*``,
            ``snapshot.too_large``, ``disk.full``, and those of the container.
    """
    require_few_images(len(listing.names), limits)
    _require_usable_names(listing)
    _require_few_classes(len(set(listing.labels)), limits)
    folder = workspace / SNAPSHOT_FOLDER
    folder.mkdir(mode=0o700)
    stored = _write_pixels(listing, folder / "images.npy", options, limits, report)
    try:
        report("checking", 0, len(stored.kept))
        labelled = _labelled(listing, stored.kept)
        _write_labels(folder, labelled)
        facts = facts_of(stored, labelled, listing, isinstance(listing.images, EncodedImages))
        report("checking", len(stored.kept), len(stored.kept))
    finally:
        stored.pixels.close()
    return AssembledSnapshot(folder, facts)


def _write_pixels(
    listing: Listing, path: Path, options: ImageOptions, limits: IngestSettings, report: Report
) -> StoredImages:
    if isinstance(listing.images, ArrayImages):
        return write_arrays(listing.images, path, options, limits, report)
    files = ImageFiles(listing.images, len(listing.names), options, limits, report)
    return files.write(path, list(listing.names), listing.skipped)


def _labelled(listing: Listing, kept: npt.NDArray[np.intp]) -> Labelled:
    labels = _at_indices(listing.labels, kept)
    class_names = list(listing.class_names) if listing.class_names is not None else sorted(set(labels))
    code_of = {name: code for code, name in enumerate(class_names)}
    return Labelled(
        class_names=class_names,
        codes=np.array([code_of[label] for label in labels], dtype=np.int64),
        names=_at_indices(listing.names, kept),
        splits=None if listing.splits is None else _at_indices(listing.splits, kept),
        groups=None if listing.groups is None else _at_indices(listing.groups, kept),
        are_digits=listing.are_digits,
    )


def _at_indices(values: Sequence[str], kept: npt.NDArray[np.intp]) -> Sequence[str]:
    return values if len(values) == len(kept) else [values[index] for index in kept.tolist()]


def _write_labels(folder: Path, labelled: Labelled) -> None:
    with disk_errors():
        np.save(folder / "labels.npy", labelled.codes, allow_pickle=False)
        meta = {
            "class_names": list(labelled.class_names),
            "splits": None if labelled.splits is None else list(labelled.splits),
            "groups": None if labelled.groups is None else list(labelled.groups),
            "names_sha256": write_names(folder, labelled.names),
        }
        (folder / "meta.json").write_text(json.dumps(meta))


def _require_usable_names(listing: Listing) -> None:
    """Readers of tables and records look at each row, so that nothing long is kept; here it is once more for all."""
    where = f"the {listing.format}"
    for label in {*listing.labels, *(listing.class_names or ())}:
        require_usable_name(label, "label", where)
    for group in set(listing.groups or ()):
        # An image in no group is one by itself, called after its file, which may have a longer name.
        require_usable_name("" if group.startswith("only ") else group, "group", where)


def _require_few_classes(classes: int, limits: IngestSettings) -> None:
    if classes > limits.max_classes:
        message = (
            f"the dataset has {classes} classes; at most {limits.max_classes} are allowed "
            f"({variable_of('max_classes')}): is the right column or folder taken for the label?"
        )
        raise DatasetError("labels.too_many_classes", message)
