"""A project as it is now."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api_schemas.access.limits import Limits
from api_schemas.access.projects import Project, ProjectCounts, ProjectState
from api_schemas.base import timestamp
from store.rows.access import projects
from store.rows.quotas import counting, stored


def of_project(session: Session, project: str, of_all: Limits) -> Project | None:
    """The project of that name, with the limits that hold for it; None where there is none any more."""
    row = projects.find(session, project)
    if row is None:
        return None
    jobs, reserved = counting.live_jobs(session, project)
    return Project(
        name=project,
        state=ProjectState(row.state),
        created_at=timestamp(row.created_at),
        limits=projects.limits_of(row, of_all),
        retention=projects.retention_of(row),
        counts=ProjectCounts(
            jobs_waiting=jobs,
            trials_waiting=reserved + counting.unfinished_trials(session, project),
            datasets=counting.datasets(session, project),
            models=counting.models(session, project),
            stored_bytes=stored.total(session, project),
        ),
    )
