"""Whether the service has what it needs to accept jobs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from store import migrate
from store.database import Database
from store.queue import Queue

Status = Literal["ready", "degraded", "unavailable"]


class Readiness(BaseModel):
    """Whether jobs can be accepted (database) and will start at once (broker)."""

    status: Status
    checks: dict[str, bool]


def readiness(database: Database, queue: Queue) -> Readiness:
    """What the service finds when it looks at the two that it needs."""
    try:
        is_current = migrate.is_current(database)
    except SQLAlchemyError:
        is_current = False
    is_reachable = queue.is_reachable()
    checks = {"database": is_current, "broker": is_reachable}
    return Readiness(status=_status(is_current, is_reachable), checks=checks)


def _status(database: bool, broker: bool) -> Status:
    if not database:
        return "unavailable"
    return "ready" if broker else "degraded"
