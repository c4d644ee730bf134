"""``/v1/keys``: who may come in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response

from api_schemas.access.keys import Key, KeyList, KeyRequest, NewKey
from service.auth import granting
from service.auth.actor import Administrator
from service.http.bodies import CheckedBodyRoute
from service.http.openapi import problems
from service.http.problem_rows.access import CANNOT_GRANT
from service.http.problem_rows.quotas import PROJECT_DELETING
from service.http.problem_types import INVALID_REQUEST, JSON_REFUSED, NOT_FOUND
from service.resources import Shared
from store.ids import IDENTIFIER
from store.rows.access import keys

router = APIRouter(prefix="/v1/keys", tags=["keys"], route_class=CheckedBodyRoute)

_EXAMPLES: Any = {
    "reader": {"summary": "A key for a dashboard", "value": {"name": "dashboard", "scopes": ["read"]}},
    "short": {"summary": "One for a night", "value": {"name": "nightly comparisons", "expires_in_days": 1}},
}


@router.post(
    "",
    status_code=201,
    summary="Make a key",
    responses=problems(*JSON_REFUSED, NOT_FOUND, CANNOT_GRANT, PROJECT_DELETING),
)
def create_key(
    resources: Shared,
    caller: Administrator,
    request: Annotated[KeyRequest, Body(openapi_examples=_EXAMPLES)],
    response: Response,
) -> NewKey:
    """A key of the caller's own project, which may no more than the caller. It is shown in this answer alone.

    With ``replaces`` the new key is for the work of another one, which ends after ``overlap_hours``.
    """
    made = granting.grant(resources, caller, request)
    response.headers.update({"Location": f"/v1/keys/{made.id}", "Cache-Control": "no-store"})
    return made


@router.get("", summary="List keys, newest first", responses=problems(INVALID_REQUEST))
def list_keys(
    resources: Shared,
    caller: Administrator,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=IDENTIFIER, description="next_cursor of the page before.")] = None,
) -> KeyList:
    """One page of the project's keys, without what it takes to use them; more pages by ``next_cursor``."""
    with resources.database.reading() as session:
        return keys.page(session, caller.project, resources.database.now(session), limit=limit, cursor=cursor)


@router.get("/{key_id}", summary="A key", responses=problems(NOT_FOUND))
def get_key(resources: Shared, caller: Administrator, key_id: str) -> Key:
    """What it may, whether it works, and when it was last used."""
    return granting.find(resources, caller, key_id)


@router.delete("/{key_id}", status_code=204, summary="Revoke a key", responses=problems(NOT_FOUND))
def revoke_key(resources: Shared, caller: Administrator, key_id: str) -> None:
    """Within a second it works no more, wherever it was given to. It is still listed; revoking twice is harmless."""
    granting.revoke(resources, caller, key_id)
