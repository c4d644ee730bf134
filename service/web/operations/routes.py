"""``/operations`` and what is below it; all of it is read by the functions that the interface answers with."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api_schemas.access.audit import AuditOutcome
from api_schemas.access.keys import MAX_KEY_DAYS, SCOPES
from api_schemas.webhooks.delivery import DeliveryState
from api_schemas.webhooks.webhook import EVENT_TYPES, MAX_URL_LENGTH
from service.audit.routes import list_audit
from service.auth.actor import Actor, Administrator, Reader
from service.auth.routes import list_keys
from service.observation import Seen
from service.quotas.routes import get_usage
from service.resources import Resources, Shared
from service.web.operations import usage
from service.web.operations.overview import WHOLE_SERVICE, Overview, overview, path_of
from service.web.rendering import page
from service.webhooks.routes import get_webhook, list_deliveries, list_webhooks
from store.ids import IDENTIFIER

router = APIRouter(prefix="/operations", include_in_schema=False)

_ON_A_PAGE = 50
_PLACE: dict[str, Any] = {"place": "operations"}
Cursor = Annotated[str | None, Query(pattern=IDENTIFIER)]
Text = Annotated[str, Query(max_length=255)]


@router.get("")
async def operations(request: Request, resources: Shared, caller: Reader) -> Response:
    """What waits and why, what is being done, and what the service needs."""
    now = await _now(resources, caller)
    return page(request, "operations/overview.html.j2", title="Operations", tab="overview", now=now, **_PLACE)


@router.get("/parts/now")
async def operations_now(request: Request, resources: Shared, caller: Reader) -> Response:
    """The part of it that changes."""
    return page(request, "operations/now.html.j2", now=await _now(resources, caller))


@router.get("/keys")
def keys(request: Request, resources: Shared, caller: Administrator, cursor: Cursor = None) -> Response:
    """Who may come in."""
    found = list_keys(resources, caller, limit=_ON_A_PAGE, cursor=cursor)
    own = [scope for scope in SCOPES if scope in caller.scopes]
    return page(
        request, "operations/keys.html.j2", title="Keys", tab="keys", keys=found, scopes=own, own_key=caller.key_id,
        max_days=int(MAX_KEY_DAYS), **_PLACE,
    )  # fmt: skip


@router.get("/webhooks")
def webhooks(request: Request, resources: Shared, caller: Administrator, cursor: Cursor = None) -> Response:
    """Who is told of what happens."""
    found = list_webhooks(resources, caller, limit=_ON_A_PAGE, cursor=cursor)
    return page(
        request, "operations/webhooks.html.j2", title="Webhooks", tab="webhooks", webhooks=found, types=EVENT_TYPES,
        max_url=MAX_URL_LENGTH, **_PLACE,
    )  # fmt: skip


@router.get("/webhooks/{webhook_id}")
def webhook(
    request: Request,
    resources: Shared,
    caller: Administrator,
    webhook_id: str,
    state: DeliveryState | None = None,
    cursor: Cursor = None,
) -> Response:
    """One of them, and what became of its messages."""
    found = get_webhook(resources, caller, webhook_id)
    messages = list_deliveries(resources, caller, webhook_id, state=state, limit=_ON_A_PAGE, cursor=cursor)
    return page(
        request, "operations/webhook.html.j2", title="Webhook", tab="webhooks", webhook=found, messages=messages,
        states=list(DeliveryState), state=state, **_PLACE,
    )  # fmt: skip


@router.get("/usage")
def used(request: Request, resources: Shared, caller: Reader) -> Response:
    """What the project has taken, and may."""
    found = get_usage(resources, caller, days=30)
    return page(
        request, "operations/usage.html.j2", title="Usage", tab="usage", limits=usage.limits(found),
        days=usage.days(found), project=found.project, **_PLACE,
    )  # fmt: skip


@router.get("/audit")
def audit(
    request: Request,
    resources: Shared,
    caller: Administrator,
    action: Text = "",
    key: Text = "",
    subject: Text = "",
    object_id: Annotated[str, Query(alias="object", max_length=255)] = "",
    outcome: Annotated[str, Query(pattern="^(done|refused)?$")] = "",
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
) -> Response:
    """Who did what, and who was refused what. What a filter leaves empty narrows nothing."""
    asked: AuditOutcome | None = "done" if outcome == "done" else "refused" if outcome == "refused" else None
    found = list_audit(
        resources, caller, action=action or None, key=key or None, subject=subject or None,
        object_id=object_id or None, outcome=asked, limit=_ON_A_PAGE, cursor=cursor,
    )  # fmt: skip
    return page(
        request, "operations/audit.html.j2", title="Audit trail", tab="audit", trail=found, path_of=path_of,
        asked={"action": action, "key": key, "subject": subject, "object": object_id, "outcome": outcome}, **_PLACE,
    )  # fmt: skip


async def _now(resources: Resources, caller: Actor) -> Overview:
    """What a caller may see at this moment, or a few seconds ago."""
    ready = await resources.readiness.now()
    seen: Seen | None = await resources.metrics.now() if WHOLE_SERVICE in caller.scopes else None
    return await run_in_threadpool(_looked, resources, caller, ready, seen)


def _looked(resources: Resources, caller: Actor, ready: Any, seen: Seen | None) -> Overview:
    with resources.database.reading() as session:
        return overview(session, caller, ready, seen, resources.database.now(session))
