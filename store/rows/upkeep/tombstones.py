"""Tombstones: names of files and folders that nobody needs any more, from the decision until they are deleted.

Deleting takes its time and can fail, so that it happens in no transaction: the name is buried with the row that had
it, deleted after the commit, and the tombstone removed when that is done. What a crash leaves is found by it, and one
that cannot be deleted is tried again ever more seldom, and holds up no other.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session

from store.database import changes_one_row, insert_into
from store.rows.upkeep.tables import TombstoneRow

_HELD_SECONDS = 600.0
_FIRST_WAIT_SECONDS = 60.0
_LONGEST_WAIT_SECONDS = 86_400.0
_INSERTED_AT_ONCE = 200


def bury(session: Session, names: Iterable[str], now: float, project: str | None = None) -> None:
    """Have these, which were a project's, deleted once this transaction is committed."""
    rows = [{"name": name, "attempts": 0, "due_at": now, "project_id": project} for name in names]
    for first in range(0, len(rows), _INSERTED_AT_ONCE):
        page = rows[first : first + _INSERTED_AT_ONCE]
        session.execute(insert_into(session, TombstoneRow).values(page).on_conflict_do_nothing())


def due(session: Session, now: float, limit: int) -> list[str]:
    """The names whose turn it is, those that failed least recently first."""
    is_free = or_(TombstoneRow.held_until.is_(None), TombstoneRow.held_until < now)
    query = select(TombstoneRow.name).where(TombstoneRow.due_at <= now, is_free)
    return list(session.scalars(query.order_by(TombstoneRow.due_at).limit(limit)))


def begin(session: Session, name: str, now: float) -> bool:
    """Say that a name is being deleted; False where it was dug up, or another worker does it."""
    is_free = or_(TombstoneRow.held_until.is_(None), TombstoneRow.held_until < now)
    statement = update(TombstoneRow).where(TombstoneRow.name == name, is_free)
    return changes_one_row(session, statement.values(held_until=now + _HELD_SECONDS))


def confirm(session: Session, name: str) -> None:
    """It is deleted."""
    row = session.get(TombstoneRow, name)
    if row is not None:
        session.delete(row)


def postpone(session: Session, name: str, now: float) -> int:
    """It could not be deleted, and is tried again later; how often that was."""
    row = session.get_one(TombstoneRow, name)
    row.due_at = now + min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** min(row.attempts, 20))
    row.attempts, row.held_until = row.attempts + 1, None
    return row.attempts


def is_any_of(session: Session, project: str) -> bool:
    """Whether files of a project are still to be deleted."""
    of_project = text("tombstones.project_id is not null")  # in the words of the index
    query = select(TombstoneRow.name).where(TombstoneRow.project_id == project, of_project)
    return session.scalar(query.limit(1)) is not None


def dig_up(session: Session, name: str, now: float) -> bool:
    """Somebody needs that name again; False where it is just being deleted, and has to be stored once more."""
    row = session.get(TombstoneRow, name, with_for_update=True)
    if row is None:
        return True
    if row.held_until is not None and row.held_until >= now:
        return False
    session.delete(row)
    session.flush()
    return True
