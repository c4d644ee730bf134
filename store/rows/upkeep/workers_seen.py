"""Which kinds of workers there are: each says that it is there, and a job for a kind that nobody has seen says so."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.rows.upkeep.tables import WorkersSeenRow

NOTED_EVERY_SECONDS = 10.0
ABSENT_AFTER_SECONDS = 60.0
"""Long enough for one that is busy starting, or cut off from the database for a moment."""


def note(session: Session, kind: str, now: float) -> None:
    """A worker of this kind is there."""
    session.merge(WorkersSeenRow(kind=kind, seen_at=now))


def absence(session: Session, kind: str, now: float) -> str | None:
    """What is to be said where no worker of a kind was seen lately, as a sentence; None where one was."""
    row = session.get(WorkersSeenRow, kind)
    if row is None:
        return f"no worker for {kind!r} has been seen yet; work waits until there is one (python -m workers {kind})"
    gone = now - row.seen_at
    if gone <= ABSENT_AFTER_SECONDS:
        return None
    since = f"{gone:.0f} seconds" if gone < 120 else f"{gone / 60:.0f} minutes"
    return f"no worker for {kind!r} has been seen for {since}; work waits until there is one (python -m workers {kind})"
