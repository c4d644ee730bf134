"""What is looked at for those who run the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.readiness import readiness
from store.database import Database
from store.queue import CONTROL, WORKERS, Queue
from store.rows.counters import sums
from store.rows.counters.sums import SumsOfAll
from store.rows.views.standing import Standing, standing

_QUEUES = (CONTROL, *WORKERS)
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Seen:
    """All that was looked at for one answer.

    Attributes:
        checks: whether the database, the broker and recovery are there.
        standing: None where the database is away.
        sums: the same.
        messages: that wait in each queue of the broker; none where it is away.
    """

    checks: Mapping[str, bool]
    standing: Standing | None = None
    sums: SumsOfAll | None = None
    messages: Mapping[str, int] | None = None


def look(database: Database, queue: Queue, sweep_seconds: float) -> Seen:
    """What there is to be shown now; of a database or a broker that is away nothing but that."""
    checks = readiness(database, queue, sweep_seconds).checks
    messages = _messages(queue) if checks["broker"] else None
    if not checks["database"]:
        return Seen(checks, messages=messages)
    try:
        with database.reading() as session:
            now = database.now(session)
            return Seen(checks, standing(session, now), sums.read(session), messages)
    except SQLAlchemyError as error:
        log.warning("the sums could not be read", reason=type(error).__name__)
        return Seen({**checks, "database": False}, messages=messages)


def _messages(queue: Queue) -> dict[str, int] | None:
    try:
        return {name: queue.depth(name) for name in _QUEUES}
    except Exception as error:  # the transport's errors have no common base
        log.warning("the queues of the broker could not be read", reason=type(error).__name__)
        return None
