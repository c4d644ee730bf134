"""``/v1/usage``: what a project has taken of the service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api_schemas.access.usage import MAX_USAGE_DAYS, Usage
from service.auth.actor import Reader
from service.http.bodies import CheckedBodyRoute
from service.http.openapi import problems
from service.http.problem_types import INVALID_REQUEST
from service.quotas import usage
from service.resources import Shared

router = APIRouter(prefix="/v1/usage", tags=["projects"], route_class=CheckedBodyRoute)


@router.get("", summary="What the project has taken, and may", responses=problems(INVALID_REQUEST))
def get_usage(
    resources: Shared,
    caller: Reader,
    days: Annotated[int, Query(ge=1, le=MAX_USAGE_DAYS, description="How many of the last ones to list.")] = 30,
) -> Usage:
    """Every limit with what is used of it and when it is counted anew; and what was trained, day by day."""
    settings = resources.settings
    with resources.database.reading() as session:
        now = resources.database.now(session)
        return usage.of_project(session, caller.project, settings.default_limits, now, days)
