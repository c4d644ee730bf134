"""A project's jobs that are not over: those that are carried out first, then those that wait, the newest first."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from api_schemas.jobs import JobState
from store.rows.tables import DatasetRow, JobRow


def unfinished(session: Session, project: str, limit: int) -> tuple[Sequence[tuple[JobRow, DatasetRow]], int]:
    """So many of them with their datasets, and how many there are in all."""
    live = (JobRow.project_id == project, JobRow.finished_at.is_(None))
    query = select(JobRow, DatasetRow).join(DatasetRow, DatasetRow.id == JobRow.dataset_id).where(*live)
    waits = case((JobRow.state == JobState.QUEUED, 1), else_=0)
    found = session.execute(query.order_by(waits, JobRow.id.desc()).limit(limit)).all()
    total = len(found) if len(found) < limit else session.scalar(select(func.count()).where(*live)) or 0
    return [(job, dataset) for job, dataset in found], total
