"""Conclusions: looking at the evidence of a job whose training is over, as a unit of work like any other.

It takes seconds and memory, so that it is carried out by a worker that has both, under a lease: by one at a time, given
to another when that one is lost, and failed after too many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.failures import Failure
from store.ids import new_id
from store.rows import leases, state_machines
from store.rows.leases import Lease
from store.rows.state_machines import move_all
from store.rows.tables import ConclusionRow, ConclusionState, JobRow

QUEUE = "cpu"
"""Any worker of this kind; every deployment has one, as datasets are read there."""

_UNFINISHED = (ConclusionState.QUEUED, ConclusionState.RUNNING)


def ask(session: Session, job: JobRow, now: float) -> ConclusionRow:
    """The conclusion that a job waits for, or the one that failed it; a new one, queued, where there is neither.

    In a transaction that holds the job's row, so that it has one at a time.
    """
    looked_for = (*_UNFINISHED, ConclusionState.FAILED)
    found = session.scalar(
        select(ConclusionRow).where(ConclusionRow.job_id == job.id, ConclusionRow.state.in_(looked_for)).limit(1)
    )
    if found is not None:
        return found
    row = ConclusionRow(
        id=new_id("closing"), job_id=job.id, state=ConclusionState.QUEUED, queue=QUEUE, attempts=0, created_at=now
    )
    session.add(row)
    session.flush()
    return row


def succeed(session: Session, lease: Lease, now: float) -> bool:
    """The evidence was looked at; False when the lease was lost."""
    return leases.finish(session, lease, ConclusionState.SUCCEEDED, now=now)


def fail(session: Session, lease: Lease, failure: Failure, now: float) -> bool:
    """Record why it could not be looked at; False when the lease was lost."""
    return leases.finish(session, lease, ConclusionState.FAILED, now=now, error=failure.model_dump(mode="json"))


def cancel_of_job(session: Session, job_id: str, now: float) -> bool:
    """Drop a job's conclusion if it has not begun; True, as nobody has to wait for one that has.

    It sees for itself that the job is over, and leaves nothing but files in the job's folder.
    """
    unclaimed = (ConclusionRow.job_id == job_id, ConclusionRow.state == ConclusionState.QUEUED)
    move_all(session, state_machines.CONCLUSION, ConclusionState.CANCELLED, *unclaimed, finished_at=now)
    return True


def jobs_of(session: Session, conclusion_ids: Iterable[str]) -> Sequence[str]:
    """The jobs that wait for any of these conclusions."""
    query = select(ConclusionRow.job_id).join(JobRow, JobRow.id == ConclusionRow.job_id)
    return session.scalars(
        query.where(ConclusionRow.id.in_(list(conclusion_ids)), JobRow.finished_at.is_(None)).distinct()
    ).all()
