"""Which limits hold for a project, in a transaction that is to keep to them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api_schemas.access.limits import Limits
from api_schemas.access.projects import ProjectState
from service.http.problem_rows.quotas import PROJECT_DELETING
from service.resources import Resources
from store.rows.access import projects


def require_limits(resources: Resources, session: Session, project: str) -> Limits:
    """The limits of a project that takes something new. It is not deleted before the transaction ends.

    Raises:
        ProblemError: it is being deleted.
    """
    row = projects.held(session, project)
    if row is None or row.state != ProjectState.ACTIVE:
        raise PROJECT_DELETING.error(f"the project {project} is being deleted")
    return projects.limits_of(row, resources.settings.default_limits)


def require_active(resources: Resources, session: Session, project: str) -> None:
    """Let a project pass that takes something new, of which nothing is limited.

    Raises:
        ProblemError: it is being deleted.
    """
    require_limits(resources, session, project)
