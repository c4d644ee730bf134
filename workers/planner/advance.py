"""The planner: looks at what a job has and does what is due next. Calling it once too often is harmless.

What all jobs share is here; what a kind of job needs once its dataset is ready is in the modules beside this one.
"""

from __future__ import annotations

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from api_schemas.datasets.dataset import DatasetState
from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import JobKind, JobState, Phase
from augury.telemetry import traces
from store import queue
from store.queue import Message
from store.rows import conclusions, datasets, jobs
from store.rows.tables import ConclusionState, DatasetRow, JobRow
from workers.context import Context
from workers.failures import failure_of
from workers.planner import augmentation, comparison, training
from workers.planner.step import NextStep, Step

log = structlog.get_logger(__name__)

_NEXT_STEPS: dict[JobKind, NextStep] = {
    JobKind.COMPARISON: comparison.next_step,
    JobKind.TRAINING: training.next_step,
    JobKind.AUGMENTATION: augmentation.next_step,
}


def advance(context: Context, job_id: str) -> None:
    """Take a job as far as it can go now: ingest, plan, publish work, have it concluded, or settle a cancel.

    A job over which this fails is tried again by the sweep, and fails itself when that goes on. A database that is
    away is not the job's fault.

    Raises:
        sqlalchemy.exc.OperationalError: the database is away.
    """
    try:
        with bound_contextvars(job=job_id):
            messages = _advance(context, job_id)
    except OperationalError:
        raise
    except Exception as error:
        log.warning("the planner failed over a job", job=job_id)
        _note_failed_look(context, job_id, error)
        return
    for message in messages:
        context.queue.publish(*message)


def _advance(context: Context, job_id: str) -> list[Message]:
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        if job is None or JobState(job.state).is_terminal:
            return []
        now = context.database.now(session)
        if job.state == JobState.CANCELLING:
            jobs.cancel(session, job, now)
            return []
        step = _next_step(session, job, now)
        jobs.note_look(job, now)
        return [*step.messages, *_have_concluded(session, job, step, now)]


def _have_concluded(session: Session, job: JobRow, step: Step, now: float) -> list[Message]:
    """The message that the evidence is to be looked at, once all that was due is done."""
    if not step.is_to_be_concluded:
        return []
    conclusion = conclusions.ask(session, job, now)
    if conclusion.state == ConclusionState.FAILED:
        jobs.fail(session, job.id, Failure.model_validate(conclusion.error), now)
    if conclusion.state != ConclusionState.QUEUED or conclusion.published_at is not None:
        return []
    conclusion.published_at = now
    return [queue.doorbell(conclusion.queue)]


def _note_failed_look(context: Context, job_id: str, error: Exception) -> None:
    with context.database.writing() as session:
        failure = failure_of(error, "planning")
        jobs.note_failed_look(session, job_id, failure, context.settings.max_attempts, context.database.now(session))


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
    if job.plan is not None:
        return _NEXT_STEPS[JobKind(job.kind)](session, job, dataset, now)
    with traces.span("plan", job.traceparent, attributes={"augury.job.id": job.id}):  # once a job
        return _NEXT_STEPS[JobKind(job.kind)](session, job, dataset, now)
