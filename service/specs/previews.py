"""Previews: a few images of a dataset, what is drawn for them, and the sheet that shows it."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.previews import Preview, PreviewCell, PreviewRequest, PreviewRow, TransformParameters
from augury.augmentation import Pipeline
from augury.augmentation.preview.columns import (
    Column,
    Indices,
    Look,
    choose,
    contact_sheet,
    random_columns,
    worst_columns,
)
from augury.augmentation.preview.contact_sheet import Magnification, display_range
from augury.datasets.snapshot import Snapshot
from service.datasets import registration
from service.datasets.registration import RETRY_AFTER_SECONDS
from service.http.problem_types import BUSY, IMAGES_UNAVAILABLE, INVALID_REQUEST, ProblemError
from service.http.problems import not_found
from service.resources import Resources
from store.files.artifacts import ArtifactMissingError
from store.files.snapshot_cache import SnapshotCacheError
from store.files.snapshots import load_snapshot
from store.rows.tables import DatasetRow

MAX_VALUES = 2**25
"""Pixels times channels over all images of a sheet: about a second of work."""
MAX_SHEET_PIXELS = 2**24
MAX_SNAPSHOT_BYTES = 2**31
"""Snapshots in a bucket are fetched to be looked at, while somebody waits."""

_MAX_CONCURRENT = 2
_MAX_WAIT_SECONDS = 10.0
_slots = threading.BoundedSemaphore(_MAX_CONCURRENT)


@dataclass(frozen=True)
class Prepared:
    """What was chosen and drawn."""

    dataset_id: str
    facts: DatasetFacts
    snapshot: Snapshot
    indices: Indices
    pipeline: Pipeline
    columns: list[Column]

    def names(self) -> list[str]:
        """The class of each chosen image."""
        return [self.snapshot.class_names[label] for label in self.snapshot.labels[self.indices]]


@contextmanager
def preview_slot() -> Iterator[None]:
    """One of a few slots: they bound how much memory and how many cores previews take from all else that is served.

    Raises:
        ProblemError: the others took too long.
    """
    if not _slots.acquire(timeout=_MAX_WAIT_SECONDS):
        detail = "the service is busy with other previews; nothing was drawn"
        raise BUSY.error(detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    try:
        yield
    finally:
        _slots.release()


def prepare(resources: Resources, request: PreviewRequest) -> Prepared:
    """Choose images and draw for them.

    Raises:
        ProblemError: the dataset is not ready (and is made ready, where that was not asked for before), or the spec
            does not fit it.
    """
    dataset = registration.require_ready(resources, registration.resolve(resources, request.dataset))
    facts, snapshot = stored_images(resources, dataset, "body.dataset")
    _require_brightness_channels(request, facts)
    indices = choose(snapshot.labels, request.count, request.seed)
    pipeline = Pipeline(request.spec, semantics=request.semantics, identity_probability=request.identity_probability)
    if request.worst_case:
        columns = worst_columns(pipeline, facts.shape, len(indices))
    else:
        columns = random_columns(pipeline, facts.shape, seed=request.seed, rounds=request.rounds, indices=indices)
    return Prepared(dataset.id, facts, snapshot, indices, pipeline, columns)


def stored_images(resources: Resources, dataset: DatasetRow, location: str) -> tuple[DatasetFacts, Snapshot]:
    """The facts and the images of a dataset that is ready; *location* is what named it in the request.

    Raises:
        ProblemError: the images are not stored any more, or too many to be fetched for a look.
    """
    assert dataset.digest is not None
    facts = DatasetFacts.model_validate(dataset.facts)
    if not resources.artifacts.is_local:
        _require_fetchable(facts, location)
    try:
        return facts, load_snapshot(resources.artifacts, dataset.digest)
    except ArtifactMissingError:
        raise not_found("snapshot of dataset", dataset.id) from None
    except SnapshotCacheError as error:
        raise IMAGES_UNAVAILABLE.error(str(error)) from None


def require_drawable(images: int, shape: tuple[int, int, int], location: str) -> None:
    """Refuse to show that many images of that shape.

    Raises:
        ProblemError: they have too many values.
    """
    values = images * math.prod(shape)
    if values > MAX_VALUES:
        height, width, channels = shape
        what = f"{images} images of {height}x{width}x{channels} are {values:,} values"
        raise _too_large(what, MAX_VALUES, location)


def magnification_for(facts: DatasetFacts, scale: int | None) -> Magnification:
    """The one that was asked for, in sheet pixels per image pixel, or the one that suits images of that size."""
    height, width, _ = facts.shape
    return Magnification.fitting(height, width) if scale is None else Magnification(up=scale)


def pixels_of_one(facts: DatasetFacts, magnification: Magnification) -> int:
    """Sheet pixels that one image takes."""
    height, width, _ = facts.shape
    return magnification.of(height) * magnification.of(width)


def as_png(prepared: Prepared, request: PreviewRequest) -> bytes:
    """The contact sheet.

    Raises:
        ProblemError: it would be too large.
    """
    images = len(prepared.indices) * (1 + len(prepared.columns))
    require_drawable(images, prepared.facts.shape, "body.count")
    magnification = magnification_for(prepared.facts, request.scale)
    pixels = images * pixels_of_one(prepared.facts, magnification)
    if pixels > MAX_SHEET_PIXELS:
        raise _too_large(f"{images} images at this scale are {pixels:,} pixels", MAX_SHEET_PIXELS, "body.count")
    look = Look(display_range(prepared.facts.dtype, prepared.facts.value_range), magnification, request.show_parameters)
    originals = prepared.snapshot.images[prepared.indices]
    return contact_sheet(prepared.pipeline, originals, prepared.names(), prepared.columns, look).png()


def as_json(prepared: Prepared) -> Preview:
    """What the sheet shows, in words."""
    rows = [
        PreviewRow(
            index=int(index),
            class_name=name,
            cells=[
                PreviewCell(
                    title=" ".join(filter(None, column.title)),
                    parameters=TransformParameters(**column.draws.parameters(row)),
                )
                for column in prepared.columns
            ],
        )
        for row, (index, name) in enumerate(zip(prepared.indices, prepared.names(), strict=True))
    ]
    return Preview(dataset_id=prepared.dataset_id, shape=prepared.facts.shape, rows=rows)


def _require_fetchable(facts: DatasetFacts, location: str) -> None:
    stored = facts.images * math.prod(facts.shape) * np.dtype(facts.dtype).itemsize
    if stored > MAX_SNAPSHOT_BYTES:
        what = f"the dataset's images take {stored:,} bytes"
        message = f"{what}, previews from a bucket are for up to {MAX_SNAPSHOT_BYTES:,}"
        raise INVALID_REQUEST.error_at(location, message, "the dataset is too large to be previewed")


def _require_brightness_channels(request: PreviewRequest, facts: DatasetFacts) -> None:
    channels = facts.shape[2]
    if request.spec.brightness_range is not None and request.semantics == "keras" and channels not in (1, 3, 4):
        message = (
            f"Keras changes the brightness of images with 1, 3 or 4 channels, these have {channels}; "
            "leave it out, or set semantics to 'corrected'"
        )
        raise INVALID_REQUEST.error_at("body.spec.brightness_range", message, "the spec does not fit the dataset")


def _too_large(what: str, maximum: int, location: str) -> ProblemError:
    message = f"{what}, expected at most {maximum:,}; ask for a lower count, fewer rounds or a smaller scale"
    return INVALID_REQUEST.error_at(location, message, "the sheet would be too large; nothing was drawn")
