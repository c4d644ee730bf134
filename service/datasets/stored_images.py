"""The images of a stored dataset, to be looked at while somebody waits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from api_schemas.datasets.dataset import DatasetFacts
from augury.augmentation.preview.sheet import PreviewError
from augury.datasets.snapshot import Snapshot
from service.http.problem_types import IMAGES_UNAVAILABLE, INVALID_REQUEST
from service.http.problems import not_found
from service.resources import Resources
from store.files.artifacts import ArtifactMissingError
from store.files.snapshot_cache import SnapshotCacheError
from store.files.snapshots import load_snapshot
from store.rows.tables import DatasetRow

MAX_SNAPSHOT_BYTES = 2**31
"""Snapshots in a bucket are fetched to be looked at, while somebody waits."""


@contextmanager
def preview_errors(source: str) -> Iterator[None]:
    """Have what cannot be drawn answered as a fault of the request; *source* is ``body`` or ``query``."""
    try:
        yield
    except PreviewError as error:
        raise INVALID_REQUEST.error_at(f"{source}.{error.field}", error.message, error.detail) from None


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


def _require_fetchable(facts: DatasetFacts, location: str) -> None:
    stored = facts.images * math.prod(facts.shape) * np.dtype(facts.dtype).itemsize
    if stored > MAX_SNAPSHOT_BYTES:
        what = f"the dataset's images take {stored:,} bytes"
        message = f"{what}, previews from a bucket are for up to {MAX_SNAPSHOT_BYTES:,}"
        raise INVALID_REQUEST.error_at(location, message, "the dataset is too large to be previewed")
