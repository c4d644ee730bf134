"""``/healthz`` and ``/readyz``: for supervisors and load balancers."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from service.resources import Shared
from store import migrate

router = APIRouter(tags=["health"])

Status = Literal["ready", "degraded", "unavailable"]


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether jobs can be accepted (database) and will start at once (broker)."""

    status: Status
    checks: dict[str, bool]


@router.get("/healthz", summary="Is the process alive?")
def healthz() -> Health:
    """200 as long as the process answers."""
    return Health()


@router.get("/readyz", summary="Can jobs be accepted?", responses={503: {"model": Readiness}})
def readyz(resources: Shared, response: Response) -> Readiness:
    """200 when jobs are accepted.

    Without the broker the status is ``degraded`` and still 200: jobs are accepted and start when it is back.
    Without the database, or with another schema than this version needs, it is 503.
    """
    try:
        database = migrate.is_current(resources.database)
    except SQLAlchemyError:
        database = False
    broker = resources.queue.is_reachable()
    if not database:
        response.status_code = 503
    return Readiness(status=_status(database, broker), checks={"database": database, "broker": broker})


def _status(database: bool, broker: bool) -> Status:
    if not database:
        return "unavailable"
    return "ready" if broker else "degraded"
