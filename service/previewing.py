"""Previews: a few images of a dataset, what is drawn for them, and the sheet that shows it."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from api_schemas.datasets import DatasetFacts, DatasetState
from api_schemas.failures import Failure
from api_schemas.previews import Preview, PreviewCell, PreviewRequest, PreviewRow, TransformParameters
from api_schemas.problems import FieldProblem
from augmentation import Pipeline
from augmentation.contact_sheet import Magnification, display_range
from augmentation.preview import Column, Indices, Look, choose, contact_sheet, random_columns, worst_columns
from service.problems import ProblemError, not_found
from service.resources import Resources
from store import datasets, queue
from store.artifacts import ArtifactMissingError
from store.snapshots import Snapshot, load_snapshot
from store.tables import DatasetRow

RETRY_AFTER_SECONDS = 2
MOST_VALUES = 2**25
"""Pixels times channels over all images of a sheet: about a second of work."""
MOST_SHEET_PIXELS = 2**24
MOST_SNAPSHOT_BYTES = 2**31
"""Snapshots are held in the service's memory while they are looked at."""

_AT_A_TIME = 2
_PATIENCE_SECONDS = 10.0
_turns = threading.BoundedSemaphore(_AT_A_TIME)


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
def turn() -> Iterator[None]:
    """Bounds how much memory and how many cores previews take from everything else that the service does.

    Raises:
        ProblemError: the others took too long.
    """
    if not _turns.acquire(timeout=_PATIENCE_SECONDS):
        detail = "the service is busy with other previews; nothing was drawn"
        raise ProblemError(503, "busy", detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    try:
        yield
    finally:
        _turns.release()


def prepare(resources: Resources, request: PreviewRequest) -> Prepared:
    """Choose images and draw for them.

    Raises:
        ProblemError: the dataset is not ready (and is made ready, where that was not asked for before), or the spec
            does not fit it.
    """
    dataset = _ready(resources, request)
    assert dataset.digest is not None
    facts = DatasetFacts.model_validate(dataset.facts)
    _refuse_large_snapshot(facts)
    try:
        snapshot = load_snapshot(resources.artifacts, dataset.digest)
    except ArtifactMissingError:
        raise not_found("snapshot of dataset", dataset.id) from None
    _refuse_brightness_without_colours(request, facts)
    indices = choose(snapshot.labels, request.count, request.seed)
    pipeline = Pipeline(request.spec, semantics=request.semantics, p=request.p)
    if request.worst_case:
        columns = worst_columns(pipeline, facts.shape, len(indices))
    else:
        columns = random_columns(pipeline, facts.shape, seed=request.seed, rounds=request.rounds, indices=indices)
    return Prepared(dataset.id, facts, snapshot, indices, pipeline, columns)


def as_png(prepared: Prepared, request: PreviewRequest) -> bytes:
    """The contact sheet.

    Raises:
        ProblemError: it would be too large.
    """
    height, width, channels = prepared.facts.shape
    images = len(prepared.indices) * (1 + len(prepared.columns))
    values = images * height * width * channels
    if values > MOST_VALUES:
        raise _too_large(f"{images} images of {height}x{width}x{channels} are {values:,} values", MOST_VALUES)
    fitting = Magnification.fitting(height, width)
    magnification = fitting if request.scale is None else Magnification(up=request.scale)
    pixels = images * magnification.of(height) * magnification.of(width)
    if pixels > MOST_SHEET_PIXELS:
        raise _too_large(f"{images} images at this scale are {pixels:,} pixels", MOST_SHEET_PIXELS)
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


def _ready(resources: Resources, request: PreviewRequest) -> DatasetRow:
    """The dataset's row. One that nobody has asked for yet is registered, as a job would do it."""
    reference = request.dataset.model_dump(mode="json")
    with resources.database.reading() as session:
        row = datasets.find(session, reference)
        failure = datasets.last_failure(session, reference) if row is None else None
    if failure is not None and not failure.retryable:
        raise ProblemError(409, "dataset-failed", f"the dataset could not be read: {failure.message}")
    if row is None or _needs_a_message(row):
        row = _register(resources, reference)
    if row.state == DatasetState.READY:
        return row
    raise _not_ready(row, failure)


def _needs_a_message(row: DatasetRow) -> bool:
    return row.state == DatasetState.QUEUED and row.published_at is None


def _register(resources: Resources, reference: dict[str, object]) -> DatasetRow:
    with resources.database.writing() as session:
        now = resources.database.now(session)
        row = datasets.register(session, reference, now)
        is_due = _needs_a_message(row)
        if is_due:
            row.published_at = now
    if is_due:
        resources.relay.hand(queue.INGEST, row.id, row.queue)
    return row


def _not_ready(row: DatasetRow, failure: Failure | None) -> ProblemError:
    again = f" once more, after {failure.message}" if failure else ""
    detail = (
        f"dataset {row.id} is {row.state}: its images are being read{again}; send the request again in a few seconds, "
        f"or look at /v1/datasets/{row.id}"
    )
    return ProblemError(409, "dataset-not-ready", detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _refuse_large_snapshot(facts: DatasetFacts) -> None:
    stored = facts.images * math.prod(facts.shape) * np.dtype(facts.dtype).itemsize
    if stored > MOST_SNAPSHOT_BYTES:
        what = f"the dataset's images take {stored:,} bytes"
        errors = [
            FieldProblem(location="body.dataset", message=f"{what}, previews are for up to {MOST_SNAPSHOT_BYTES:,}")
        ]
        raise ProblemError(422, "invalid-request", "the dataset is too large to be previewed", errors)


def _refuse_brightness_without_colours(request: PreviewRequest, facts: DatasetFacts) -> None:
    channels = facts.shape[2]
    if request.spec.brightness_range is not None and request.semantics == "keras" and channels not in (1, 3, 4):
        message = f"Keras changes the brightness of images with 1, 3 or 4 channels, these have {channels}; "
        errors = [
            FieldProblem(
                location="body.spec.brightness_range", message=message + "leave it out, or set semantics to 'corrected'"
            )
        ]
        raise ProblemError(422, "invalid-request", "the spec does not fit the dataset", errors)


def _too_large(what: str, most: int) -> ProblemError:
    message = f"{what}, expected at most {most:,}; ask for a lower count, fewer rounds or a smaller scale"
    errors = [FieldProblem(location="body.count", message=message)]
    return ProblemError(422, "invalid-request", "the sheet would be too large; nothing was drawn", errors)
