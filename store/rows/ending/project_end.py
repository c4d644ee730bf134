"""The end of a project: what is left of it, and how that goes, in steps of a few hundred rows.

Each step finds in the database what is left, so that whoever goes on after a crash needs to know nothing else. The
order is that of who needs whom: jobs, trials, datasets and models, all other rows, the files, and last the keys and
the project itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, Table, delete, exists, select, tuple_
from sqlalchemy.orm import Session

from api_schemas.access.projects import ProjectState
from api_schemas.datasets.dataset import DatasetState
from api_schemas.training.trials import TrialState
from store.rows import datasets
from store.rows.access.tables import KeyRow
from store.rows.audit.tables import AuditRow
from store.rows.base import Base
from store.rows.models import registered
from store.rows.projects.tables import ProjectRow
from store.rows.tables import DatasetRow, JobRow, JobTrialRow, RegisteredModelRow, TrialRow
from store.rows.upkeep import tombstones
from store.rows.upkeep.tables import TombstoneRow

_LAST = {KeyRow.__tablename__, ProjectRow.__tablename__, TombstoneRow.__tablename__}
"""Keys work to the end, so that their holders can see how far it is; tombstones go with their files."""
assert AuditRow.metadata is Base.metadata, "the trail is among the tables"


def ending(session: Session) -> list[str]:
    """The projects that are being deleted."""
    query = select(ProjectRow.id).where(ProjectRow.state == ProjectState.DELETING)
    return list(session.scalars(query.order_by(ProjectRow.id)))


def live_jobs(session: Session, project: str, limit: int) -> Sequence[str]:
    """So many jobs that are not over."""
    query = select(JobRow.id).where(JobRow.project_id == project, JobRow.finished_at.is_(None))
    return session.scalars(query.order_by(JobRow.id).limit(limit)).all()


def forget_trials(session: Session, project: str, limit: int) -> list[str]:
    """Remove so many trials that do not run and are in no job; their ids, as their files can go, too."""
    has_job = exists().where(JobTrialRow.trial_id == TrialRow.id)
    idle = (TrialRow.project_id == project, TrialRow.state != TrialState.RUNNING, ~has_job)
    found = list(session.scalars(select(TrialRow.id).where(*idle).limit(limit)))
    if found:
        session.execute(delete(TrialRow).where(TrialRow.id.in_(found), TrialRow.state != TrialState.RUNNING))
    return found


def give_up(session: Session, project: str, now: float, limit: int) -> int:
    """Give up so many datasets and models, as their clients would; how many there were.

    One that is being read is asked to stop, and is found again until its worker has.
    """
    given_up = 0
    for row in (DatasetRow, RegisteredModelRow):
        there = (row.project_id == project, row.state != DatasetState.DELETED, row.cancel_requested_at.is_(None))
        for each in session.scalars(select(row).where(*there).limit(limit)).all():
            given_up += 1
            if isinstance(each, DatasetRow):
                datasets.delete(session, each.id, now)
            elif isinstance(each, RegisteredModelRow):
                registered.delete(session, each, now)
    return given_up


def forget_purged(session: Session, project: str, limit: int) -> int:
    """Remove so many datasets and models whose files were given up; how many there were."""
    removed = 0
    for row in (DatasetRow, RegisteredModelRow):
        purged = select(row.id).where(row.project_id == project, row.purged_at.is_not(None)).limit(limit)
        for each in session.scalars(select(row).where(row.id.in_(purged))).all():
            session.delete(each)
            removed += 1
    session.flush()
    return removed


def is_anything_left(session: Session, project: str, *rows: type[Any]) -> bool:
    """Whether the project has any of these rows."""
    return any(session.scalar(select(row.id).where(row.project_id == project).limit(1)) is not None for row in rows)


def forget_rest(session: Session, project: str, limit: int) -> int:
    """Remove so many of each kind of row that only says whose it is; how many there were.

    To be called when jobs, trials, datasets and models are gone.
    """
    return sum(_forget_rows(session, table, project, limit) for table in _owned())


def _owned() -> list[Table]:
    """Whatever has a project, who is referred to last: a table that is added is among them."""
    tables = reversed(Base.metadata.sorted_tables)
    return [table for table in tables if "project_id" in table.columns and table.name not in _LAST]


def _forget_rows(session: Session, table: Table, project: str, limit: int) -> int:
    key = list(table.primary_key.columns)
    found = session.execute(select(*key).where(table.columns["project_id"] == project).limit(limit)).all()
    if not found:
        return 0
    return _rowcount(session.execute(delete(table).where(tuple_(*key).in_([tuple(each) for each in found]))))


def finish(session: Session, project: str) -> bool:
    """Remove the keys and the project itself, if nothing else is left of it and no file; False if something is."""
    row = session.get(ProjectRow, project, with_for_update=True, populate_existing=True)
    if row is None or row.state != ProjectState.DELETING:
        return False
    is_left = (
        select(table.columns["project_id"]).where(table.columns["project_id"] == project).limit(1) for table in _owned()
    )
    if any(session.execute(query).first() is not None for query in is_left) or tombstones.is_any_of(session, project):
        return False
    session.execute(delete(KeyRow).where(KeyRow.project_id == project))
    session.delete(row)
    session.flush()
    return True


def _rowcount(result: Any) -> int:
    return cast("CursorResult[Any]", result).rowcount
