"""Project rows: made by who runs the service, and named by them."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.database import insert_into
from store.rows.access.tables import ProjectRow

_NAME = r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?"
"""It stands in names of files, and in what people type."""


class UnknownProjectError(ValueError):
    """There is no such project; the text says how one is made."""


class ProjectNameError(ValueError):
    """A project cannot be called that; the text says what it can be called."""


def create(session: Session, name: str, now: float) -> bool:
    """Make a project; False where there is one of this name.

    Raises:
        ProjectNameError: it is no name for one.
    """
    require_name(name)
    statement = insert_into(session, ProjectRow).values(id=name, created_at=now).on_conflict_do_nothing()
    return session.execute(statement.returning(ProjectRow.id)).first() is not None


def require_name(name: str) -> None:
    """Let a name pass that a project can have.

    Raises:
        ProjectNameError: it is no name for one.
    """
    if re.fullmatch(_NAME, name) is None:
        raise ProjectNameError(f"a project is called by up to 40 of a-z, 0-9 and hyphens between them; got {name!r}")


def require_known(session: Session, name: str) -> None:
    """Let the name of a project pass.

    Raises:
        UnknownProjectError: there is none of this name.
    """
    if session.get(ProjectRow, name) is None:
        raise UnknownProjectError(f"there is no project {name!r}; make it: python -m store projects create NAME")


def names(session: Session) -> list[str]:
    """Of all projects, in order."""
    return list(session.scalars(select(ProjectRow.id).order_by(ProjectRow.id)))
