"""The append-only record of what happened to a job."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.progress import TimelineEntry
from store.rows.outbox.messages import tell_of_job
from store.rows.tables import JobEventRow, JobRow


def append(session: Session, job_id: str, event_type: str, now: float, **data: Any) -> None:
    """Record an event, and what webhooks are to be told of it, in the transaction of the change it tells of."""
    project = select(JobRow.project_id).where(JobRow.id == job_id).scalar_subquery()
    session.add(JobEventRow(project_id=project, job_id=job_id, at=now, type=event_type, data=data))
    tell_of_job(session, job_id, event_type, now, data)


def timeline(session: Session, job_id: str) -> list[TimelineEntry]:
    """Everything that happened to a job, oldest first."""
    rows = session.scalars(select(JobEventRow).where(JobEventRow.job_id == job_id).order_by(JobEventRow.id))
    return [TimelineEntry(sequence=row.id, at=timestamp(row.at), type=row.type, data=row.data) for row in rows]
