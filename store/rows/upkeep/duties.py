"""Duties: what one worker at a time does for all. Whoever has one keeps it by doing it again in time."""

from __future__ import annotations

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from store.database import changes_one_row, insert_into
from store.rows.upkeep.tables import DutyRow

SWEEP, FORGET, ANSWERS = "sweep", "forget", "answers"

_MIN_OVERDUE_SECONDS = 60.0
_OVERDUE_SWEEPS = 12


def take(session: Session, name: str, *, owner: str, now: float, seconds: float) -> bool:
    """Take a duty, or keep it, for so many seconds; False while another worker has it."""
    session.execute(insert_into(session, DutyRow).values(name=name).on_conflict_do_nothing())
    is_free = or_(DutyRow.owner == owner, DutyRow.held_until.is_(None), DutyRow.held_until < now)
    statement = update(DutyRow).where(DutyRow.name == name, is_free)
    return changes_one_row(session, statement.values(owner=owner, held_until=now + seconds))


def note_done(session: Session, name: str, now: float) -> None:
    """The duty was done to its end."""
    session.execute(update(DutyRow).where(DutyRow.name == name).values(done_at=now))


def done_at(session: Session, name: str) -> float | None:
    """When a duty was last done to its end; None where it never was."""
    return session.scalar(select(DutyRow.done_at).where(DutyRow.name == name))


def is_swept(session: Session, now: float, sweep_seconds: float) -> bool:
    """Whether lost work is looked for: the last sweep is not older than a dozen of them should take, or a minute."""
    last = done_at(session, SWEEP)
    return last is not None and now - last <= max(_MIN_OVERDUE_SECONDS, _OVERDUE_SWEEPS * sweep_seconds)
