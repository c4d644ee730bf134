"""A job as its client sees it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api_schemas.jobs import Job
from service.specs import findings
from store.rows import jobs
from store.rows.views import job_views


def find(session: Session, project: str, job_id: str, now: float, *, keep_days: float | None = None) -> Job | None:
    """The job with the linter's findings about its request; None where the project has none of this id.

    *keep_days* is how long jobs of all projects are kept once they are over.
    """
    row = jobs.find(session, project, job_id)
    return None if row is None else findings.added(session, job_views.to_wire(session, row, now, keep_days))
