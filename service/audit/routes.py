"""``/v1/audit``: who did what in a project, and who was refused what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api_schemas.access.audit import AuditOutcome, AuditTrail
from api_schemas.plain_text import PlainText
from service.auth.actor import Administrator
from service.http.bodies import CheckedBodyRoute
from service.http.openapi import problems
from service.http.problem_types import INVALID_REQUEST
from service.resources import Shared
from store.ids import IDENTIFIER
from store.rows.audit import trail

router = APIRouter(prefix="/v1/audit", tags=["projects"], route_class=CheckedBodyRoute)
_CURSOR = r"^[0-9]{1,18}$"


@router.get("", summary="Who did what, newest first", responses=problems(INVALID_REQUEST))
def list_audit(
    resources: Shared,
    caller: Administrator,
    action: Annotated[str | None, Query(pattern=IDENTIFIER, description="An operation's name: submit_job.")] = None,
    key: Annotated[str | None, Query(pattern=IDENTIFIER, description="A key's id.")] = None,
    subject: Annotated[PlainText | None, Query(max_length=255, description="Who a person is.")] = None,
    object_id: Annotated[str | None, Query(alias="object", pattern=IDENTIFIER, description="A job's, …")] = None,
    outcome: AuditOutcome | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=_CURSOR, description="next_cursor of the page before.")] = None,
) -> AuditTrail:
    """What was done in the key's project, and what was refused: 401 with a key that has ended, 403 and 429.

    Nothing of what requests or answers contained is in it. A filter may leave a page short, or empty: it is the last
    one where ``next_cursor`` is null.
    """
    resources.refusals.write(resources.database)
    narrowed = trail.AuditFilter(action=action, key_id=key, subject=subject, object_id=object_id, outcome=outcome)
    with resources.database.reading() as session:
        return trail.page(
            session, caller.project, narrowed, limit=limit, cursor=None if cursor is None else int(cursor)
        )
