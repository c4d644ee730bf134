"""Whether a project takes anything new: asked in the transaction that would give it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api_schemas.access.projects import ProjectState
from service.http.problem_rows.quotas import PROJECT_DELETING
from store.rows.access import projects
from store.rows.projects.tables import ProjectRow


def require_active(session: Session, project: str) -> ProjectRow:
    """The project, which is not deleted before the transaction ends.

    Raises:
        ProblemError: it is being deleted.
    """
    row = projects.held(session, project)
    if row is None or row.state != ProjectState.ACTIVE:
        raise PROJECT_DELETING.error(f"the project {project} is being deleted")
    return row
