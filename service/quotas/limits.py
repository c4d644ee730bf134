"""Which limits hold for a project, in a transaction that is to keep to them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api_schemas.access.limits import Limits
from service.auth.active import require_active
from service.resources import Resources
from store.rows.access import projects


def require_limits(resources: Resources, session: Session, project: str) -> Limits:
    """The limits of a project that takes something new. It is not deleted before the transaction ends.

    Raises:
        ProblemError: it is being deleted.
    """
    return projects.limits_of(require_active(session, project), resources.settings.default_limits)
