"""From an exception to a failure that a client can act on, and from a reference to a snapshot."""

from __future__ import annotations

import numpy as np
import pytest

from api_schemas.failures import FailureClass
from augury.datasets.errors import DatasetError
from augury.datasets.snapshot import Snapshot
from augury.training.errors import UserInputError
from store.files.artifacts import ArtifactMissingError, Artifacts
from store.files.snapshots import load_snapshot
from store.queue import ADVANCE
from store.rows.tables import DatasetRow
from tests.augury.datasets.digits import digits_snapshot
from tests.store.databases import new_job
from tests.store.snapshots import store_snapshot
from tests.workers.conftest import RecordingQueue
from tests.workers.units.carried import ingest
from workers.context import Context
from workers.failures import failure_of


class ResourceExhaustedError(Exception):
    """As TensorFlow names it; ours, so that this test needs no TensorFlow."""


def _numpys_memory_error() -> Exception:
    with pytest.raises(MemoryError) as caught:
        np.empty((10**6, 10**6, 10**3))
    return caught.value


@pytest.mark.parametrize(
    ("error", "failure_class", "retryable"),
    [
        (UserInputError("the split is impossible"), FailureClass.USER_INPUT, False),
        (DatasetError("images.none", "no image can be read"), FailureClass.DATASET, False),
        (MemoryError(), FailureClass.OUT_OF_MEMORY, False),
        (_numpys_memory_error(), FailureClass.OUT_OF_MEMORY, False),
        (ResourceExhaustedError("OOM when allocating tensor"), FailureClass.OUT_OF_MEMORY, False),
        (ValueError("a secret path"), FailureClass.INTERNAL, True),
        (ArtifactMissingError("datasets/x"), FailureClass.INTERNAL, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_an_exception_becomes_a_failure_of_its_class(
    error: Exception, failure_class: FailureClass, retryable: bool
) -> None:
    """Who can do something about it follows from the kind of exception."""
    failure = failure_of(error, "training")
    assert (failure.failure_class, failure.retryable) == (failure_class, retryable)


def test_only_messages_that_were_written_for_clients_reach_them() -> None:
    """An unexpected exception gives its type and not its text."""
    assert failure_of(UserInputError("the split is impossible"), "training").message == "the split is impossible"
    unexpected = failure_of(ValueError("/secret/path"), "training").message
    assert "secret" not in unexpected
    assert "training failed with an unexpected ValueError" in unexpected


def test_an_accelerators_runtime_error_is_out_of_memory_only_if_it_says_so() -> None:
    """JAX raises one type for everything; an internal error must not be blamed on the model's size."""
    runtime_error = type("XlaRuntimeError", (RuntimeError,), {})
    exhausted = failure_of(runtime_error("RESOURCE_EXHAUSTED: Out of memory allocating"), "training")
    assert exhausted.failure_class is FailureClass.OUT_OF_MEMORY
    assert failure_of(runtime_error("INTERNAL: ptxas failed"), "training").failure_class is FailureClass.INTERNAL


def _snapshot(**changes: object) -> Snapshot:
    values: dict[str, object] = {
        "images": np.arange(2 * 3 * 4 * 1, dtype=np.uint8).reshape(2, 3, 4, 1),
        "labels": np.array([0, 1], np.int64),
        "class_names": ["a", "b"],
    }
    return Snapshot(**(values | changes))  # type: ignore[arg-type]


def test_a_snapshot_that_was_stored_can_be_loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pixels, labels and names are the same, and nobody can change the shared arrays."""
    artifacts = Artifacts(str(tmp_path_factory.mktemp("artifacts")))
    stored = _snapshot()
    loaded = load_snapshot(artifacts, store_snapshot(artifacts, stored))
    np.testing.assert_array_equal(loaded.images, stored.images)
    np.testing.assert_array_equal(loaded.labels, stored.labels)
    assert (loaded.images.dtype, loaded.class_names) == (np.uint8, ["a", "b"])
    with pytest.raises(ValueError, match="read-only"):
        loaded.images[0] = 1
    with pytest.raises(ArtifactMissingError):
        load_snapshot(artifacts, "0" * 64)


@pytest.mark.parametrize(
    "other",
    [
        {"images": np.zeros((2, 3, 4, 1), np.uint8)},
        {"images": np.arange(24, dtype=np.uint8).reshape(2, 4, 3, 1)},
        {"images": np.arange(24, dtype=np.uint16).reshape(2, 3, 4, 1)},
        {"labels": np.array([1, 0], np.int64)},
        {"class_names": ["a", "c"]},
    ],
    ids=["pixels", "shape", "depth", "labels", "names"],
)
def test_whatever_differs_between_snapshots_changes_the_digest(other: dict[str, object]) -> None:
    """The same content has the same digest, and any other content another."""
    assert _snapshot().digest() == _snapshot().digest()
    assert _snapshot(**other).digest() != _snapshot().digest()


def test_facts_are_measured_on_the_pixels() -> None:
    """Counts in class order, shape, depth, range, mean and deviation; an empty class is not left out."""
    facts = _snapshot(class_names=["a", "b", "none"]).facts()
    assert (facts.images, facts.classes) == (2, {"a": 1, "b": 1, "none": 0})
    assert (facts.shape, facts.dtype, facts.value_range) == ((3, 4, 1), "uint8", (0.0, 23.0))
    assert facts.channel_mean == [11.5]
    assert facts.channel_std == pytest.approx([np.arange(24).std()])


def test_the_digits_are_what_the_reference_says() -> None:
    """1,797 images of 8x8 in one channel, values 0 to 255, ten classes."""
    facts = digits_snapshot().facts()
    assert (facts.images, facts.shape, facts.dtype, facts.value_range) == (1797, (8, 8, 1), "uint8", (0.0, 255.0))
    assert list(facts.classes) == [str(digit) for digit in range(10)]


def test_an_ingestion_makes_the_dataset_ready_and_wakes_the_jobs_that_wait(
    context: Context, queue: RecordingQueue
) -> None:
    """The snapshot is stored under the digest in the row; a repeated message does nothing."""
    with context.database.writing() as session:
        first, second = new_job(session), new_job(session)
    ingest(context, first.dataset_id)
    with context.database.reading() as session:
        row = session.get_one(DatasetRow, first.dataset_id)
    assert (row.state, row.lease_id, row.error) == ("ready", None, None)
    assert row.digest is not None
    assert row.facts is not None
    assert load_snapshot(context.artifacts, row.digest).digest() == row.digest
    assert sorted(queue.take()) == sorted((ADVANCE, job.id, "control") for job in (first, second))
    ingest(context, first.dataset_id)
    assert queue.take() == []


def test_an_ingestion_that_fails_says_why(context: Context, queue: RecordingQueue) -> None:
    """The row has the error, and the waiting jobs are woken to hear of it."""
    with context.database.writing() as session:
        job = new_job(session)
        session.get_one(DatasetRow, job.dataset_id).reference = {"kind": "upload", "sha256": "0" * 64}
    ingest(context, job.dataset_id)
    with context.database.reading() as session:
        row = session.get_one(DatasetRow, job.dataset_id)
    assert row.state == "failed"
    assert row.error is not None
    assert row.error["class"] == "dataset"
    assert queue.take() == [(ADVANCE, job.id, "control")]
