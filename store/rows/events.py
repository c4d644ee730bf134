"""The append-only record of what happened to jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, func, insert, select
from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.events.stream import JobEvent
from api_schemas.events.types import JobEventType
from api_schemas.progress import TimelineEntry
from store.rows.outbox.messages import tell_of_job
from store.rows.tables import JobEventRow, JobRow

_TABLE: Table = JobEventRow.__table__  # type: ignore[assignment]
_INSERT = insert(_TABLE).returning(_TABLE.c.job_id, _TABLE.c.id)


def append(session: Session, job_id: str, event_type: str, now: float, **data: Any) -> None:
    """Record an event, and what webhooks are to be told of it, in the transaction of the change it tells of.

    Nothing but this module writes events.

    Raises:
        ValueError: there is no such type of event.
    """
    project = select(JobRow.project_id).where(JobRow.id == job_id).scalar_subquery()
    row = JobEventRow(project_id=project, job_id=job_id, at=now, type=JobEventType(event_type), data=data)
    session.add(row)
    tell_of_job(session, job_id, row.type, now, data)


def append_queued(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Record of jobs that are new, by the columns of their rows, that they are queued; the ids by the jobs'.

    No webhook is told of that.
    """
    of_each = [{"project_id": row["project_id"], "job_id": row["id"], "at": row["created_at"]} for row in rows]
    of_all = {"type": JobEventType.QUEUED, "data": {}}
    told = connection.execute(_INSERT, [{**each, **of_all} for each in of_each])
    return {row.job_id: row.id for row in told}


def timeline(session: Session, job_id: str) -> list[TimelineEntry]:
    """Everything that happened to a job, oldest first."""
    rows = session.scalars(select(JobEventRow).where(JobEventRow.job_id == job_id).order_by(JobEventRow.id))
    return [TimelineEntry(sequence=row.id, at=timestamp(row.at), type=row.type, data=row.data) for row in rows]


def of_project(
    session: Session, project: str, job_id: str | None, *, after: int, to: int, limit: int
) -> list[JobEvent]:
    """The oldest events of a project, or of a job of it, whose ids are above *after* and not above *to*."""
    query = _between(after, to, limit).where(JobEventRow.project_id == project)
    if job_id is not None:
        query = query.where(JobEventRow.job_id == job_id)
    return [to_wire(row) for row in session.scalars(query)]


def is_any_after(session: Session, project: str, job_id: str, after: int) -> bool:
    """Whether something has happened to a project's job after that event."""
    of_job = (JobEventRow.project_id == project, JobEventRow.job_id == job_id, JobEventRow.id > after)
    return session.scalar(select(JobEventRow.id).where(*of_job).limit(1)) is not None


def newest_id(session: Session, project: str) -> int:
    """Of the last event of a project; 0 where there is none."""
    return session.scalar(select(func.max(JobEventRow.id)).where(JobEventRow.project_id == project)) or 0


def of_all(session: Session, *, after: int, to: int, limit: int) -> list[tuple[str, JobEvent]]:
    """The same of all projects, each with whose it is: for who hands them on to whom they belong."""
    return [(row.project_id, to_wire(row)) for row in session.scalars(_between(after, to, limit))]


def to_wire(row: JobEventRow) -> JobEvent:
    """The row as it is told."""
    return JobEvent(job_id=row.job_id, sequence=row.id, type=row.type, at=timestamp(row.at), data=row.data)


def _between(after: int, to: int, limit: int) -> Select[JobEventRow]:
    between = (JobEventRow.id > after, JobEventRow.id <= to)
    return select(JobEventRow).where(*between).order_by(JobEventRow.id).limit(limit)
