"""One conclusion, from its claim on: the job goes on to another round, or its report is made and it ends."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from api_schemas.failures import Failure
from api_schemas.jobs import JobKind
from store import queue
from store.rows import conclusions, leases
from store.rows.leases import Lease
from store.rows.tables import ConclusionRow, JobRow
from workers.context import Context
from workers.leasing.heartbeat import LeaseKeeper
from workers.leasing.run_leased import UnitOfWork
from workers.planner import comparison, training

_CONCLUDE: dict[str, Callable[[Context, str], None]] = {
    JobKind.COMPARISON: comparison.conclude,
    JobKind.TRAINING: training.conclude,
}


def _read(session: Session, conclusion_id: str) -> JobRow:
    return session.get_one(JobRow, session.get_one(ConclusionRow, conclusion_id).job_id)


def _conclude(context: Context, job: JobRow, _keeper: LeaseKeeper) -> None:
    _CONCLUDE[job.kind](context, job.id)


def _record(
    _context: Context, session: Session, lease: Lease, _job: JobRow, outcome: Failure | None, now: float
) -> None:
    if isinstance(outcome, Failure):
        conclusions.fail(session, lease, outcome, now)
    else:
        conclusions.succeed(session, lease, now)


def _advance_waiting_job(context: Context, conclusion_id: str) -> None:
    """One that is not over yet: it goes on to another round, or the conclusion has failed."""
    with context.database.reading() as session:
        job_ids = conclusions.jobs_of(session, [conclusion_id])
    for job_id in job_ids:
        context.queue.publish(queue.ADVANCE, job_id, queue.CONTROL)


UNIT = UnitOfWork(leases.CONCLUSIONS, "report", _read, _conclude, _record, _advance_waiting_job)
