"""One message to a webhook, from its claim to what came of it. The POST itself is in ``workers.delivering.posting``."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from api_schemas.failures import Failure
from store.rows import leases
from store.rows.leases import Lease
from store.rows.outbox.messages import payload_of
from store.rows.outbox.tables import DeliveryRow, WebhookRow
from store.rows.webhooks import attempts
from store.rows.webhooks.attempts import Attempt
from store.rows.webhooks.registered import salts_of
from store.settings import SECONDS_PER_HOUR
from store.webhooks.key import SigningKeyError, find_key
from store.webhooks.signatures import secret_of, signed_headers
from workers.context import Context
from workers.delivering.posting import post
from workers.leasing.heartbeat import LeaseKeeper
from workers.leasing.run_leased import UnitOfWork

log = structlog.get_logger(__name__)
_RANDOM = secrets.SystemRandom()


@dataclass(frozen=True)
class Message:
    """What is to be sent, and to whom."""

    delivery: DeliveryRow
    webhook: WebhookRow


def _read(session: Session, delivery_id: str) -> Message:
    delivery = session.get_one(DeliveryRow, delivery_id)
    return Message(delivery, session.get_one(WebhookRow, delivery.webhook_id))


def _send(context: Context, message: Message, keeper: LeaseKeeper) -> Attempt:
    keeper.raise_if_cancelled()
    delivery, webhook, now = message.delivery, message.webhook, time.time()
    try:
        key = find_key(context.webhooks, context.settings.data_dir)
        if key.name != webhook.signing_key:
            raise SigningKeyError("its secret was made of another key than this worker has; rotate it, or set that one")
    except SigningKeyError as error:
        log.error("a message cannot be signed", webhook=webhook.id, message=delivery.id, reason=str(error))
        return Attempt(None, "the service cannot sign this; its operator finds out why in the log of the workers")
    body = json.dumps(payload_of(delivery, context.webhooks.public_url), separators=(",", ":")).encode()
    own = [secret_of(key, webhook.id, salt) for salt in salts_of(webhook, now)]
    headers = signed_headers(own, delivery.id, int(now), body)
    return post(webhook.url, headers, body, context.webhooks, keeper)


def _record(
    context: Context, session: Session, lease: Lease, message: Message, outcome: Attempt | Failure, now: float
) -> None:
    attempt = Attempt(None, outcome.message[:300]) if isinstance(outcome, Failure) else outcome
    window, drawn = context.webhooks.retry_hours * SECONDS_PER_HOUR, _RANDOM.random()
    attempts.record(session, lease, attempt, now, window=window, drawn=drawn)
    about = {"webhook": message.webhook.id, "message": lease.row_id, "type": message.delivery.type}
    log.info("a webhook was told", **about, status=attempt.status, problem=attempt.problem)  # never its path


def _nobody_waits(_context: Context, _delivery_id: str) -> None:
    """Jobs go on whoever is told of them."""


UNIT = UnitOfWork(leases.DELIVERIES, "delivery", _read, _send, _record, _nobody_waits)
