"""The sweep: whatever was lost — a worker, a message, a whole broker — is found here and put right."""

from __future__ import annotations

import structlog
from kombu.exceptions import OperationalError
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from api_schemas.failures import Failure, FailureClass
from store import queue
from store.files.names import chunks_folder, job_folder, trial_folder
from store.queue import Message
from store.rows import chunks, handout, idempotency, jobs, leases, trials
from store.rows.leases import CHUNKS, INGESTIONS, TRIALS
from store.rows.tables import JobRow
from store.settings import SECONDS_PER_DAY
from workers.context import Context
from workers.maintenance import dataset_files
from workers.settings import WorkerSettings

_MAX_JOBS_AT_ONCE = 500
_MAX_TRIALS_AT_ONCE = 500
_MAX_DOORBELLS = 500
_KINDS = (TRIALS, CHUNKS, INGESTIONS)
_WORKERS = (queue.CPU, queue.GPU)

log = structlog.get_logger(__name__)


def sweep(context: Context) -> None:
    """Take work back from lost workers, publish lost messages again, end what is overdue, forget what is old."""
    settings = context.settings
    depths = _depths(context)
    with context.database.writing() as session:
        now = context.database.now(session)
        messages = _take_back(session, settings, now)
        _end_overdue(session, now)
        messages += _ring_again(session, depths)
        messages += _advance_again(session, depths, settings, now)
        forgotten = _forget(session, settings, now)
    for message in messages:
        context.queue.publish(*message)
    for folder in forgotten:
        context.artifacts.delete_folder(folder)
    dataset_files.clean(context)


def _depths(context: Context) -> dict[str, int]:
    """How many messages wait in each queue; nothing at all while the broker is away."""
    try:
        return {name: context.queue.depth(name) for name in (queue.CONTROL, queue.CPU, queue.GPU)}
    except (OperationalError, OSError) as error:
        log.warning("the broker is away", reason=str(error))
        return {}


def _take_back(session: Session, settings: WorkerSettings, now: float) -> list[Message]:
    touched: list[str] = []
    for work in _KINDS:
        touched += leases.expire(session, work, now=now, max_attempts=settings.max_attempts)
    for unit_id in touched:
        log.warning("a worker was lost", unit=unit_id)
        jobs.settle_cancelled(session, unit_id, now)
    return [(queue.ADVANCE, job_id, queue.CONTROL) for job_id in jobs.waiting_for(session, touched)]


def _end_overdue(session: Session, now: float) -> None:
    overdue = select(JobRow.id).where(JobRow.finished_at.is_(None), JobRow.deadline_at < now)
    for job_id in session.scalars(overdue).all():
        message = "the job was not done by its deadline"
        jobs.fail(session, job_id, Failure.of(FailureClass.TIMEOUT, message), now)


def _ring_again(session: Session, depths: dict[str, int]) -> list[Message]:
    """As many doorbells as more units wait for a kind of worker than messages do: some were lost.

    A queue with as many messages as there are waiting units has lost nothing, however long they wait.
    """
    known = [kind for kind in _WORKERS if kind in depths]
    missing = {kind: min(handout.waiting(session, kind) - depths[kind], _MAX_DOORBELLS) for kind in known}
    return [queue.doorbell(kind) for kind, count in missing.items() for _ in range(count)]


def _advance_again(session: Session, depths: dict[str, int], settings: WorkerSettings, now: float) -> list[Message]:
    if depths.get(queue.CONTROL, 1) > 0:
        return []
    stale = or_(JobRow.published_at.is_(None), JobRow.published_at < now - settings.republish_seconds)
    is_due = JobRow.finished_at.is_(None) & stale & (JobRow.created_at < now - settings.sweep_seconds)
    rows = session.scalars(select(JobRow).where(is_due).order_by(JobRow.id).limit(_MAX_JOBS_AT_ONCE)).all()
    for row in rows:
        row.published_at = now
    return [(queue.ADVANCE, row.id, queue.CONTROL) for row in rows]


def _forget(session: Session, settings: WorkerSettings, now: float) -> list[str]:
    """Drop old idempotency keys, jobs, and trials that no job has any more; returns the folders that go with them.

    The parts of an augmentation go as soon as its job is over: the archive has it all.
    """
    idempotency.forget_older(session, now - settings.idempotency_hours * 3600)
    too_old = now - settings.job_retention_days * SECONDS_PER_DAY
    old = JobRow.finished_at < too_old
    folders = [chunks_folder(job_id) for job_id in chunks.give_up_parts(session, _MAX_JOBS_AT_ONCE)]
    for job_id, report in session.execute(select(JobRow.id, JobRow.report_artifact).where(old)).all():
        folders.append(report.rsplit("/", 1)[0] if report else job_folder(job_id))
    session.execute(delete(JobRow).where(old))
    return folders + [trial_folder(trial_id) for trial_id in trials.forget(session, too_old, _MAX_TRIALS_AT_ONCE)]
