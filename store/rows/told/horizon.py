"""Up to which id events can be told without leaving one out.

Ids are drawn before transactions are committed. On PostgreSQL, whoever has drawn 7 may be seen before whoever has
drawn 6, and a reader that goes on from 7 would never hear of 6. So nobody is told of an id before all smaller ones are
there, or cannot come any more. On SQLite one transaction writes at a time, and ids come in their order.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from store.rows.tables import JobEventRow

_WRITERS = text(
    "select virtualtransaction from pg_locks where locktype = 'relation' and mode = 'RowExclusiveLock' "
    "and database = (select oid from pg_database where datname = current_database()) "
    "and relation = to_regclass('job_events')"
)
"""Whoever inserts holds this lock from before it draws an id until it has committed or given up."""


@dataclass(frozen=True)
class _Wait:
    """For transactions that were going on when *newest* was the last id that could be seen."""

    newest: int
    writers: frozenset[str]


class Horizon:
    """The largest id up to which nothing can come any more, as one process knows it. Not for several threads."""

    def __init__(self) -> None:
        self._settled: int | None = None
        self._wait: _Wait | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether there are events that cannot be told yet."""
        return self._wait is not None

    def look(self, session: Session) -> int | None:
        """Look again, and say how far it is; None before it is known for the first time.

        The session's transaction has to see what others commit meanwhile, as PostgreSQL's does by default.
        """
        is_ordered = session.get_bind().dialect.name == "sqlite"
        if self._wait is not None and not self._wait.writers & _writers(session):
            self._settled, self._wait = self._wait.newest, None
        if self._wait is None:
            newest, is_whole = self._newest(session)
            # Writers are asked for after what can be seen: who is not among them had committed, or draws larger ids.
            writers = frozenset() if is_ordered or is_whole else _writers(session)
            if writers:
                self._wait = _Wait(newest, writers)
            else:
                self._settled = newest
        return self._settled

    def forget(self) -> None:
        """Begin anew: nobody has looked for a long time, and what was missed is not to be read."""
        self._settled = self._wait = None

    def _newest(self, session: Session) -> tuple[int, bool]:
        """The largest id that can be seen, and whether none is missing between it and what is settled."""
        if self._settled is None:
            return session.scalar(select(func.max(JobEventRow.id))) or 0, False
        above = select(func.max(JobEventRow.id), func.count()).where(JobEventRow.id > self._settled)
        newest, count = session.execute(above).one()
        return (self._settled, True) if newest is None else (newest, count == newest - self._settled)


def _writers(session: Session) -> frozenset[str]:
    return frozenset(session.scalars(_WRITERS))
