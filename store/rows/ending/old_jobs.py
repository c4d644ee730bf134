"""Jobs that ended long ago: forgotten, with all that is theirs alone."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from store.files.names import job_folder
from store.rows.quotas import stored
from store.rows.tables import JobRow


class Forgotten(NamedTuple):
    """A job that there was."""

    job_id: str
    project: str
    folder: str
    """Of its files, which can go, too."""


def forget(session: Session, older_than: float, limit: int, *narrowed: ColumnElement[bool]) -> list[Forgotten]:
    """Remove so many jobs that ended before then, the oldest first, and of which these conditions hold."""
    old = select(JobRow.id).where(JobRow.finished_at < older_than, *narrowed)
    old = old.order_by(JobRow.finished_at).limit(limit)
    still = JobRow.finished_at < older_than  # one of them may just be extended
    columns = (JobRow.id, JobRow.project_id, JobRow.report_artifact, JobRow.stored_bytes)
    forgetting = delete(JobRow).where(JobRow.id.in_(old), still).returning(*columns)
    found = session.execute(forgetting.execution_options(synchronize_session=False)).all()
    fewer: Counter[str] = Counter()
    for _, project, _, size in found:
        fewer[project] -= size
    stored.change(session, fewer)
    return sorted(Forgotten(job_id, project, _folder(job_id, report)) for job_id, project, report, _ in found)


def _folder(job_id: str, report: str | None) -> str:
    return report.rsplit("/", 1)[0] if report else job_folder(job_id)
