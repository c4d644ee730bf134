"""``/v1/webhooks``: register, change and test webhooks, and look at what became of their messages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response

from api_schemas.webhooks.delivery import Delivery, DeliveryList, DeliveryState
from api_schemas.webhooks.webhook import (
    NewWebhook,
    RotationRequest,
    Webhook,
    WebhookList,
    WebhookPatch,
    WebhookRequest,
)
from service.auth.actor import Administrator
from service.http.bodies import CheckedBodyRoute
from service.http.openapi import problems
from service.http.problem_types import (
    BODY_REFUSED,
    CANNOT_DELIVER,
    INVALID_REQUEST,
    JSON_REFUSED,
    NOT_FOUND,
    TOO_MANY_WEBHOOKS,
)
from service.http.problems import require_found
from service.resources import Shared
from service.webhooks import managing
from store.ids import IDENTIFIER
from store.rows.webhooks import deliveries, registered

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=CheckedBodyRoute)

_EXAMPLES: Any = {
    "ends": {
        "summary": "To be told how jobs end",
        "value": {
            "url": "https://localhost/hooks/augury",
            "types": ["job.succeeded", "job.failed", "job.cancelled"],
            "description": "the team's channel",
        },
    },
    "named": {
        "summary": "To be told of jobs that name it, and of everything about these",
        "value": {"url": "https://localhost/hooks/augury", "jobs": "named"},
    },
}
Cursor = Annotated[str | None, Query(pattern=IDENTIFIER, description="next_cursor of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.post(
    "",
    status_code=201,
    summary="Register a webhook",
    responses=problems(*JSON_REFUSED, TOO_MANY_WEBHOOKS),
)
def register_webhook(
    resources: Shared,
    caller: Administrator,
    request: Annotated[WebhookRequest, Body(openapi_examples=_EXAMPLES)],
    response: Response,
) -> NewWebhook:
    """Have an address told of what happens in the project, signed as Standard Webhooks has it.

    The secret that signatures are checked with is shown in this answer alone.
    """
    made = managing.register(resources, caller, request)
    response.headers.update({"Location": f"/v1/webhooks/{made.id}", "Cache-Control": "no-store"})
    return made


@router.get("", summary="List webhooks, newest first", responses=problems(INVALID_REQUEST))
def list_webhooks(resources: Shared, caller: Administrator, limit: Limit = 50, cursor: Cursor = None) -> WebhookList:
    """One page of the project's webhooks, without their secrets; more pages by ``next_cursor``."""
    with resources.database.reading() as session:
        return registered.page(session, caller.project, limit=limit, cursor=cursor)


@router.get("/{webhook_id}", summary="A webhook", responses=problems(NOT_FOUND))
def get_webhook(resources: Shared, caller: Administrator, webhook_id: str) -> Webhook:
    """What it is told of, and whether that arrives."""
    with resources.database.reading() as session:
        row = require_found(registered.find(session, caller.project, webhook_id), "webhook", webhook_id)
        return registered.to_wire(row)


@router.patch("/{webhook_id}", summary="Change a webhook", responses=problems(*JSON_REFUSED, NOT_FOUND))
def change_webhook(resources: Shared, caller: Administrator, webhook_id: str, request: WebhookPatch) -> Webhook:
    """Have it told of something else, pause it, or bring one back that is paused or was disabled."""
    return managing.change(resources, caller, webhook_id, request)


@router.delete("/{webhook_id}", status_code=204, summary="Delete a webhook", responses=problems(NOT_FOUND))
def delete_webhook(resources: Shared, caller: Administrator, webhook_id: str) -> None:
    """It is told nothing any more, of what has happened already, too."""
    managing.delete(resources, caller, webhook_id)


@router.post(
    "/{webhook_id}/rotate",
    summary="Give a webhook another secret",
    responses=problems(*JSON_REFUSED, NOT_FOUND),
)
def rotate_secret(
    resources: Shared, caller: Administrator, webhook_id: str, request: RotationRequest, response: Response
) -> NewWebhook:
    """Messages carry signatures by the new secret, and for ``overlap_hours`` by the old one, too.

    The new one is shown in this answer alone.
    """
    response.headers["Cache-Control"] = "no-store"
    return managing.rotate(resources, caller, webhook_id, request)


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    summary="Send a webhook a ping",
    responses=problems(NOT_FOUND, CANNOT_DELIVER, *BODY_REFUSED),
)
def ping_webhook(resources: Shared, caller: Administrator, webhook_id: str) -> Delivery:
    """A message of type ``webhook.ping``, whatever the webhook is told of. Its delivery says whether it has arrived."""
    return managing.ping(resources, caller, webhook_id)


@router.get(
    "/{webhook_id}/deliveries",
    summary="List a webhook's messages, newest first",
    responses=problems(NOT_FOUND, INVALID_REQUEST),
)
def list_deliveries(
    resources: Shared,
    caller: Administrator,
    webhook_id: str,
    state: DeliveryState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryList:
    """One page of what it was told, is told or will be; more pages by ``next_cursor``."""
    with resources.database.reading() as session:
        row = require_found(registered.find(session, caller.project, webhook_id), "webhook", webhook_id)
        window, public_url = managing.window(resources), resources.webhooks.public_url
        return deliveries.page(session, row, window, public_url, limit=limit, cursor=cursor, state=state)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/redeliver",
    status_code=202,
    summary="Send a message again",
    responses=problems(NOT_FOUND, CANNOT_DELIVER, *BODY_REFUSED),
)
def redeliver(resources: Shared, caller: Administrator, webhook_id: str, delivery_id: str) -> Delivery:
    """Under the same ``webhook-id``, so that a receiver which has had it knows it."""
    return managing.repeat(resources, caller, webhook_id, delivery_id)
