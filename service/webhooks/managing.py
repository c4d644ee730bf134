"""Registering and changing webhooks by a request, and what a job may name of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from api_schemas.webhooks.delivery import Delivery
from api_schemas.webhooks.webhook import (
    NewWebhook,
    RotationRequest,
    Webhook,
    WebhookPatch,
    WebhookRequest,
    WebhookState,
)
from augury.field_problems import shown
from service.auth.actor import Actor
from service.http.problem_types import CANNOT_DELIVER, INVALID_REQUEST, TOO_MANY_WEBHOOKS
from service.http.problems import require_found
from service.resources import Resources
from store.rows.outbox import messages
from store.rows.outbox.tables import DeliveryRow, WebhookRow
from store.rows.webhooks import deliveries, registered
from store.settings import SECONDS_PER_HOUR
from store.webhooks.addresses import admit
from store.webhooks.key import SigningKey, find_or_make_key
from store.webhooks.signatures import new_salt, secret_of, secret_text


def register(resources: Resources, caller: Actor, request: WebhookRequest) -> NewWebhook:
    """Make a webhook of the caller's project.

    Raises:
        ProblemError: its address is not to be told anything, or the project has too many.
    """
    try:
        admit(request.url, resources.webhooks)
    except ValueError as error:
        detail = "the webhook cannot be used; nothing was stored"
        raise INVALID_REQUEST.error_at("body.url", str(error), detail) from None
    key = find_or_make_key(resources.webhooks, resources.settings.data_dir)
    salt, limit = new_salt(), resources.webhooks.max_per_project
    with resources.database.writing() as session:
        now = resources.database.now(session)
        by = caller.key_id
        try:
            row = registered.register(
                session, caller.project, request, now, salt=salt, signing_key=key.name, created_by=by, limit=limit
            )
        except registered.TooManyError:
            raise TOO_MANY_WEBHOOKS.error(f"the project has {limit} webhooks, which is all that it may") from None
        return _with_secret(key, row)


def rotate(resources: Resources, caller: Actor, webhook_id: str, request: RotationRequest) -> NewWebhook:
    """Give a webhook of the caller's project another secret.

    Raises:
        ProblemError: it has no such webhook.
    """
    key, salt = find_or_make_key(resources.webhooks, resources.settings.data_dir), new_salt()
    with resources.database.writing() as session:
        row = _locked(session, caller.project, webhook_id)
        now = resources.database.now(session)
        registered.rotate(row, salt=salt, signing_key=key.name, overlap_hours=request.overlap_hours, now=now)
        return _with_secret(key, row)


def change(resources: Resources, caller: Actor, webhook_id: str, patch: WebhookPatch) -> Webhook:
    """Change a webhook of the caller's project.

    Raises:
        ProblemError: it has no such webhook.
    """
    with resources.database.writing() as session:
        row = _locked(session, caller.project, webhook_id)
        registered.change(session, row, patch, resources.database.now(session))
        return registered.to_wire(row)


def delete(resources: Resources, caller: Actor, webhook_id: str) -> None:
    """Give a webhook of the caller's project up.

    Raises:
        ProblemError: it has no such webhook.
    """
    with resources.database.writing() as session:
        row = _locked(session, caller.project, webhook_id)
        registered.delete(session, row, resources.database.now(session))


def ping(resources: Resources, caller: Actor, webhook_id: str) -> Delivery:
    """Have a message sent that tells of nothing; where one waits already, that one.

    Raises:
        ProblemError: the project has no such webhook, or it is not active.
    """
    with resources.database.writing() as session:
        row = _active(session, caller.project, webhook_id)
        message = deliveries.waiting_ping(session, row)
        if message is None:
            message = messages.ping(session, row, resources.database.now(session))
            session.flush()
        return to_wire(resources, message)


def repeat(resources: Resources, caller: Actor, webhook_id: str, delivery_id: str) -> Delivery:
    """Have a message sent again.

    Raises:
        ProblemError: there is no such message, it is not over, or its webhook is not active.
    """
    with resources.database.writing() as session:
        row = _locked(session, caller.project, webhook_id)
        message = require_found(
            deliveries.find(session, caller.project, webhook_id, delivery_id), "delivery", delivery_id
        )
        _require_active(row)
        if not deliveries.repeat(session, message, resources.database.now(session)):
            raise CANNOT_DELIVER.error(f"the message is {message.state}; it will be sent as it is")
        return to_wire(resources, message)


def require_there(session: Session, project: str, webhook_ids: Sequence[str]) -> None:
    """See that a project has the webhooks that a job names.

    Raises:
        ProblemError: it does not have one of them.
    """
    missing = registered.missing(session, project, webhook_ids)
    for index, each in enumerate(webhook_ids):
        if each in missing:
            message = f"got {shown(each)}: there is no such webhook; see GET /v1/webhooks"
            raise INVALID_REQUEST.error_at(f"body.notify[{index}]", message, "nobody to be told; nothing was stored")


def to_wire(resources: Resources, message: DeliveryRow) -> Delivery:
    """A message as clients see it."""
    return deliveries.to_wire(message, window(resources), resources.webhooks.public_url)


def window(resources: Resources) -> float:
    """For how many seconds a message is tried."""
    return resources.webhooks.retry_hours * SECONDS_PER_HOUR


def _locked(session: Session, project: str, webhook_id: str) -> WebhookRow:
    return require_found(registered.find_locked(session, project, webhook_id), "webhook", webhook_id)


def _active(session: Session, project: str, webhook_id: str) -> WebhookRow:
    row = _locked(session, project, webhook_id)
    _require_active(row)
    return row


def _require_active(row: WebhookRow) -> None:
    if row.state != WebhookState.ACTIVE:
        raise CANNOT_DELIVER.error(f"the webhook is {row.state}, and nothing is sent to it")


def _with_secret(key: SigningKey, row: WebhookRow) -> NewWebhook:
    secret = secret_text(secret_of(key, row.id, row.salt))
    return NewWebhook(**registered.to_wire(row).model_dump(), secret=secret)
