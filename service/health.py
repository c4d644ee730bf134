"""``/healthz`` and ``/readyz``: for supervisors and load balancers."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api_schemas.service.health import Readiness
from service.resources import Shared

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> Health:
    """200 as long as the process answers."""
    return Health()


@router.get("/readyz", summary="Can jobs be accepted?", responses={503: {"model": Readiness}})
async def readyz(resources: Shared, response: Response) -> Readiness:
    """200 when jobs are accepted, as it was a second ago at most.

    Without the broker the status is ``degraded`` and still 200: jobs are accepted and start when it is back. So it is
    when no control worker has looked for lost work lately: jobs may wait for ever for what was lost.
    Without the database, or with another schema than this version needs, it is 503.
    """
    seen = await resources.readiness.now()
    if not seen.checks["database"]:
        response.status_code = 503
    return seen
