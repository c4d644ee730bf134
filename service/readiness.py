"""Whether the service has what it needs to accept jobs, and they what they need to be carried out."""

from __future__ import annotations

from importlib.metadata import version

from sqlalchemy.exc import SQLAlchemyError

from api_schemas.service.health import Readiness, ReadinessStatus
from store import migrate
from store.database import Database
from store.queue import Queue
from store.rows.upkeep import duties


def readiness(database: Database, queue: Queue, sweep_seconds: float) -> Readiness:
    """What the service finds when it looks at all that jobs need."""
    checks = {
        "database": _is_current(database),
        "broker": queue.is_reachable(),
        "recovery": _is_swept(database, sweep_seconds),
    }
    return Readiness(status=_status(checks), checks=checks, version=version("augury"))


def _is_current(database: Database) -> bool:
    try:
        return migrate.is_current(database)
    except SQLAlchemyError:
        return False


def _is_swept(database: Database, sweep_seconds: float) -> bool:
    try:
        with database.reading() as session:
            return duties.is_swept(session, database.now(session), sweep_seconds)
    except SQLAlchemyError:
        return False


def _status(checks: dict[str, bool]) -> ReadinessStatus:
    if not checks["database"]:
        return "unavailable"
    return "ready" if all(checks.values()) else "degraded"
