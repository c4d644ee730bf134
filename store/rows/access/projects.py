"""Project rows: made by who runs the service, and named by them; what each may take and keep, and its end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from api_schemas.access.limits import Limits
from api_schemas.access.projects import ProjectState, Retention
from store.database import insert_into
from store.ids import DEFAULT_PROJECT
from store.rows import state_machines
from store.rows.projects.tables import ProjectRow
from store.rows.state_machines import move

_NAME = r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?"
"""It stands in names of files, and in what people type."""
NO_LIMITS = Limits()
_HELD = (
    select(ProjectRow)
    .where(ProjectRow.id == bindparam("project"))
    .with_for_update(read=True)
    .execution_options(populate_existing=True)
)
"""Made once, as every submission asks."""


class UnknownProjectError(ValueError):
    """There is no such project; the text says how one is made."""


class ProjectNameError(ValueError):
    """A project cannot be called that; the text says what it can be called."""


class ProjectStateError(ValueError):
    """A project is not in the state for this; the text says why."""


def create(session: Session, name: str, now: float) -> bool:
    """Make a project; False where there is one of this name.

    Raises:
        ProjectNameError: it is no name for one.
        ProjectStateError: one of this name is being deleted.
    """
    require_name(name)
    statement = insert_into(session, ProjectRow).values(id=name, created_at=now).on_conflict_do_nothing()
    if session.execute(statement.returning(ProjectRow.id)).first() is not None:
        return True
    _require_active(session.get_one(ProjectRow, name))
    return False


def require_name(name: str) -> None:
    """Let a name pass that a project can have.

    Raises:
        ProjectNameError: it is no name for one.
    """
    if re.fullmatch(_NAME, name) is None:
        raise ProjectNameError(f"a project is called by up to 40 of a-z, 0-9 and hyphens between them; got {name!r}")


def require_known(session: Session, name: str) -> ProjectRow:
    """The project of a name.

    Raises:
        UnknownProjectError: there is none of this name.
    """
    row = session.get(ProjectRow, name)
    if row is None:
        raise UnknownProjectError(f"there is no project {name!r}; make it: python -m store projects create NAME")
    return row


def require_active(session: Session, name: str) -> ProjectRow:
    """The project of a name, which is not being deleted before the transaction ends.

    Raises:
        UnknownProjectError: there is none of this name.
        ProjectStateError: it is being deleted.
    """
    row = held(session, name)
    if row is None:
        raise UnknownProjectError(f"there is no project {name!r}; make it: python -m store projects create NAME")
    _require_active(row)
    return row


def _require_active(row: ProjectRow) -> None:
    if row.state != ProjectState.ACTIVE:
        raise ProjectStateError(f"the project {row.id!r} is being deleted; wait until `projects list` has it no more")


def find(session: Session, project: str) -> ProjectRow | None:
    """The project of a name, or None."""
    return session.get(ProjectRow, project)


def held(session: Session, project: str) -> ProjectRow | None:
    """The same, as it is for the rest of the transaction: its end, which would take all that is made, waits."""
    return session.scalar(_HELD, {"project": project})


def names(session: Session) -> list[str]:
    """Of all projects, in order."""
    return list(session.scalars(select(ProjectRow.id).order_by(ProjectRow.id)))


def every(session: Session) -> Sequence[ProjectRow]:
    """All projects, in the order of their names."""
    return session.scalars(select(ProjectRow).order_by(ProjectRow.id)).all()


def limits_of(row: ProjectRow | None, of_all: Limits = NO_LIMITS) -> Limits:
    """What a project may take: its own limits, and those of all where it has none of its own."""
    return of_all if row is None or not row.limits else of_all.model_copy(update=row.limits)


def limit(row: ProjectRow, own: dict[str, float | None], *, as_of_all: Sequence[str] = ()) -> Limits:
    """Give a project limits of its own, None being none; those that are named last are as of all again.

    Raises:
        pydantic.ValidationError: one is not a number that it can be.
    """
    kept = {name: value for name, value in {**(row.limits or {}), **own}.items() if name not in as_of_all}
    checked = Limits.model_validate(kept)
    row.limits = {name: getattr(checked, name) for name in kept} or None
    return checked


def retention_of(row: ProjectRow) -> Retention:
    """How long a project keeps what it has."""
    return Retention(
        jobs_days=row.keep_jobs_days, datasets_days=row.keep_datasets_days, models_days=row.keep_models_days
    )


def keep(row: ProjectRow, days: dict[str, float | None]) -> Retention:
    """Say after how many days what a project has goes, by the names of ``Retention``; None: it does not.

    Raises:
        pydantic.ValidationError: one is not a number of days that it can be.
    """
    checked = Retention.model_validate({**retention_of(row).model_dump(), **days})
    row.keep_jobs_days, row.keep_datasets_days = checked.jobs_days, checked.datasets_days
    row.keep_models_days = checked.models_days
    return checked


def begin_deletion(session: Session, project: str) -> bool:
    """From the end of this transaction on a project takes nothing new, and all of it goes; False where it was so.

    Raises:
        ProjectStateError: it is the one that everything belongs to that comes without a key.
    """
    if project == DEFAULT_PROJECT:
        raise ProjectStateError(f"the project {project!r} stays: what comes without a key belongs to it")
    return move(session, state_machines.PROJECT, project, ProjectState.DELETING)
