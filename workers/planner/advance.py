"""The planner: looks at what a job has and does what is due next. Calling it once too often is harmless.

What all jobs share is here; what a kind of job needs once its dataset is ready is in the modules beside this one.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetState
from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import JobKind, JobState, Phase
from store import queue
from store.rows import datasets, jobs
from store.rows.tables import DatasetRow, JobRow
from workers.context import Context
from workers.planner import augmentation, comparison, training
from workers.planner.step import NextStep, Step

_NEXT_STEPS: dict[JobKind, NextStep] = {
    JobKind.COMPARISON: comparison.next_step,
    JobKind.TRAINING: training.next_step,
    JobKind.AUGMENTATION: augmentation.next_step,
}


def advance(context: Context, job_id: str) -> None:
    """Take a job as far as it can go now: ingest, plan, publish work, conclude, or settle a cancel."""
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        if job is None or JobState(job.state).is_terminal:
            return
        now = context.database.now(session)
        if job.state == JobState.CANCELLING:
            jobs.cancel(session, job, now)
            return
        step = _next_step(session, job, now)
    for message in step.messages:
        context.queue.publish(*message)
    if step.conclude is not None:
        step.conclude(context, job_id)


def _next_step(session: Session, job: JobRow, now: float) -> Step:
    dataset = session.get_one(DatasetRow, job.dataset_id)  # not held: all jobs on it would wait for this one's plan
    if dataset.state == DatasetState.FAILED:
        jobs.fail(session, job.id, Failure.model_validate(dataset.error), now)
        return Step()
    if dataset.state == DatasetState.DELETED:
        jobs.fail(session, job.id, Failure.of(FailureClass.DATASET, "the dataset was deleted", "dataset.deleted"), now)
        return Step()
    if dataset.state != DatasetState.READY:
        jobs.begin(session, job, Phase.INGESTING, now)
        is_due = datasets.take_for_publishing(session, dataset.id, now)
        return Step([queue.doorbell(dataset.queue)] if is_due else [])
    return _NEXT_STEPS[JobKind(job.kind)](session, job, dataset, now)
