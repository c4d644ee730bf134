"""Trials that have given their results, without the training: rows and files as a worker leaves them behind."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np

from api_schemas.failures import Failure, FailureClass
from augury.evidence.arm_results import SeedRecord
from store.files.names import predictions_name
from store.rows import chunks, leases, trials
from tests.store.databases import NOW, succeed
from workers.context import Context

VALIDATION_IMAGES = 20
CLASSES = 10
GONE = Failure.of(FailureClass.INTERNAL, "the probe went wrong")


def record_of(accuracy: float, seed: int) -> SeedRecord:
    """A finished trial that has the first images of every class wrong, as many as the accuracy says."""
    labels = np.arange(VALIDATION_IMAGES) % CLASSES
    wrong = np.arange(VALIDATION_IMAGES) < round((1 - accuracy) * VALIDATION_IMAGES)
    return SeedRecord(
        accuracy=float(1 - wrong.mean()),
        clean_training_accuracy=1.0,
        final_training_loss=0.1,
        still_improving=False,
        diverged=False,
        indices=np.arange(VALIDATION_IMAGES) + 5 * seed,
        labels=labels,
        predicted=np.where(wrong, (labels + 1) % CLASSES, labels),
    )


def predictions_file(record: SeedRecord) -> bytes:
    """The file that a trial stores."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        indices=record.indices,
        labels=record.labels,
        predicted=record.predicted.astype(np.int32),
        probability=np.full(VALIDATION_IMAGES, 0.5, np.float32),
    )
    return buffer.getvalue()


def finish_trials(context: Context, job_id: str, accuracy_of: Callable[[str, int], float] = lambda *_: 0.9) -> None:
    """End a job's queued trials well, with the accuracy of their arm and seed."""
    with context.database.writing() as session:
        for link, trial in trials.of_job(session, job_id):
            if trial.state == "queued":
                record = record_of(accuracy_of(link.arm, link.seed), link.seed)
                context.artifacts.write(predictions_name(trial.id), predictions_file(record))
                succeed(session, trial, record.accuracy)


def end_probes(context: Context, job_id: str) -> None:
    """End a job's probes, badly: the report then has no answers of the baseline's models in it."""
    with context.database.writing() as session:
        for probe in chunks.probes(session, job_id):
            lease = leases.claim(session, leases.CHUNKS, probe.id, owner="w", now=NOW, seconds=10)
            if lease is not None:
                chunks.fail(session, lease, GONE, NOW)
