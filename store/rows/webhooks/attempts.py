"""What an attempt to deliver a message leads to: done, tried again later, or given up, and the webhook with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.webhooks.delivery import DeliveryState
from api_schemas.webhooks.webhook import WebhookState
from store.rows import leases
from store.rows.leases import Lease
from store.rows.outbox.tables import DeliveryRow, WebhookRow
from store.rows.webhooks import deliveries, registered
from store.rows.webhooks.pauses import FAILURES_OF_AN_ABSENCE, pause_after, rest_after

_GONE = 410
_NEARLY = 0.9
"""A webhook fails since its first attempt, which is a little later than its message."""
_LISTENING = (WebhookState.ACTIVE, WebhookState.PAUSED)


@dataclass(frozen=True)
class Attempt:
    """What came of sending a message once.

    Attributes:
        status: of the answer; None where there was none.
        problem: why it is no success, in words that are fit for the webhook's owner; None where it is one.
        response: the beginning of the answer's body, where it is no success.
    """

    status: int | None
    problem: str | None
    response: str | None = None


def record(session: Session, lease: Lease, attempt: Attempt, now: float, *, window: float, drawn: float) -> bool:
    """Write down what came of an attempt; False, and nothing changed, where the lease was lost meanwhile.

    Args:
        session: of a transaction that writes.
        lease: on the message.
        attempt: what came of it.
        now: Unix seconds.
        window: for how many seconds a message is tried after it was asked for.
        drawn: evenly from [0, 1), for the pauses.
    """
    row = session.get_one(DeliveryRow, lease.row_id, populate_existing=True)
    webhook = registered.locked(session, row.webhook_id)  # before the message is written
    assert webhook is not None, "a webhook stays for as long as a message is being sent"
    seen: dict[str, Any] = {
        "tries": row.tries + 1, "tried_at": now,
        "status_code": attempt.status, "problem": attempt.problem, "response": attempt.response,
    }  # fmt: skip
    if attempt.problem is None:
        delivered = leases.finish(session, lease, DeliveryState.DELIVERED, now=now, **seen)
        if delivered:
            _note_success(session, webhook, now)
        return delivered
    is_over = now >= row.asked_at + window or attempt.status == _GONE or webhook.state not in _LISTENING
    if is_over:
        recorded = leases.finish(session, lease, DeliveryState.FAILED, now=now, **seen)
    else:
        due_at = min(now + pause_after(row.tries + 1, drawn), row.asked_at + window)
        recorded = leases.postpone(session, lease, due_at=due_at, **seen)
    if recorded:
        _note_failure(webhook, now, drawn)
        session.flush()
        _disable_if_dead(session, webhook, attempt, now, window, is_over=is_over)
    return recorded


def _note_success(session: Session, webhook: WebhookRow, now: float) -> None:
    if webhook.failures >= FAILURES_OF_AN_ABSENCE:
        deliveries.bring_forward(session, webhook, now)
    if webhook.failures:
        webhook.failures, webhook.failing_since, webhook.resume_at = 0, None, None


def _note_failure(webhook: WebhookRow, now: float, drawn: float) -> None:
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    rest = rest_after(webhook.failures, drawn)
    webhook.resume_at = now + rest if rest else None


def _disable_if_dead(
    session: Session, webhook: WebhookRow, attempt: Attempt, now: float, window: float, *, is_over: bool
) -> None:
    """A receiver that says that it is gone, or that has taken nothing for as long as messages are tried."""
    if attempt.status == _GONE:
        registered.disable(session, webhook, "it answered 410: it wants to be told nothing any more", now)
    elif is_over and webhook.failing_since is not None and now - webhook.failing_since >= _NEARLY * window:
        registered.disable(session, webhook, f"nothing was delivered for {window / 3600:g} hours", now)
