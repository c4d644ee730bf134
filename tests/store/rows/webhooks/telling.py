"""Webhooks in a database, and attempts to deliver what they are told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.webhooks.delivery import DeliveryState
from api_schemas.webhooks.webhook import WebhookRequest
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import leases
from store.rows.access import projects
from store.rows.outbox.tables import DeliveryRow, WebhookRow
from store.rows.webhooks import attempts, deliveries, registered
from store.rows.webhooks.attempts import Attempt
from tests.store.databases import NOW

HOUR = 3600.0
WINDOW = 72 * HOUR
OK = Attempt(204, None)
REFUSED = Attempt(500, "the receiver answered 500")
ABSENT = Attempt(None, "nothing answers")
GONE = Attempt(410, "the receiver answered 410")
MIDDLE = 0.5
"""Drawn for pauses: neither longer nor shorter than they are in the middle."""


def new_webhook(session: Session, project: str = DEFAULT_PROJECT, limit: int = 100, **changes: Any) -> WebhookRow:
    """An active webhook."""
    projects.create(session, project, NOW)
    request = WebhookRequest(**({"url": "https://hooks.example/x"} | changes))
    return registered.register(
        session, project, request, NOW, salt="5a17", signing_key="k", created_by=None, limit=limit
    )


def told(session: Session, webhook: WebhookRow) -> list[DeliveryRow]:
    """What a webhook is told, in the order in which it happened."""
    query = select(DeliveryRow).where(DeliveryRow.webhook_id == webhook.id).order_by(DeliveryRow.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def claim_next(database: Database, now: float) -> leases.Lease | None:
    """Take the message whose turn it is."""
    with database.writing() as session:
        turn = deliveries.claim_next(session, owner="w", now=now, seconds=15)
        return None if turn is None else turn.lease


def attempt(database: Database, outcome: Attempt, now: float) -> str | None:
    """Have the next message tried with that outcome; its id, or None where none was due."""
    lease = claim_next(database, now)
    if lease is None:
        return None
    with database.writing() as session:
        assert attempts.record(session, lease, outcome, now, window=WINDOW, drawn=MIDDLE)
    return lease.row_id


def states(database: Database, webhook: WebhookRow) -> list[DeliveryState]:
    """Of all that a webhook is told."""
    with database.reading() as session:
        return [DeliveryState(each.state) for each in told(session, webhook)]
