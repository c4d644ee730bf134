"""Message rows: whose turn it is, and how they are shown, asked for again and forgotten."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from api_schemas.base import optional_timestamp, timestamp
from api_schemas.failures import Failure
from api_schemas.webhooks.delivery import Delivery, DeliveryList, DeliveryState
from api_schemas.webhooks.webhook import PING, WebhookState
from store.ids import is_identifier
from store.rows import leases, state_machines
from store.rows.handout import Turn
from store.rows.outbox import messages
from store.rows.outbox.tables import DeliveryRow, WebhookRow
from store.rows.state_machines import move, move_all
from store.rows.webhooks.pauses import FAILURES_OF_AN_ABSENCE
from store.settings import SECONDS_PER_HOUR

MAX_SENT_TO_ONE = 4
"""Messages that are sent to a webhook at a time."""
MAX_SENT_OF_PROJECT = 8
"""And to all of a project: what they keep busy, others do not wait for."""

_IS_QUEUED = text("webhook_deliveries.state = 'queued'")  # in the words of its index
_IS_LEASED = text("webhook_deliveries.lease_until is not null")
_IS_ACTIVE = text("webhooks.state = 'active'")
_GRACE_SECONDS = SECONDS_PER_HOUR


def claim_next(session: Session, *, owner: str, now: float, seconds: float) -> Turn | None:
    """Take the message that is next; None where nothing is due, or enough is being sent.

    Next is one of the project to which the least is being sent, and of that the one that has waited longest.
    """
    for webhook_id in _webhooks_in_turn(session, now):
        oldest = select(DeliveryRow.id).where(DeliveryRow.webhook_id == webhook_id, _IS_QUEUED)
        oldest = oldest.where(DeliveryRow.due_at <= now).order_by(DeliveryRow.due_at).limit(1)
        for row_id in session.scalars(oldest.with_for_update(skip_locked=True, of=DeliveryRow)).all():
            lease = leases.claim(session, leases.DELIVERIES, row_id, owner=owner, now=now, seconds=seconds)
            if lease is not None:
                return Turn(lease, None)
    return None


def is_any_due(session: Session, now: float) -> bool:
    """Whether there is something to claim."""
    return bool(_webhooks_in_turn(session, now))


def _webhooks_in_turn(session: Session, now: float) -> list[str]:
    """Webhooks with a message that is due, that may be sent one more, in their order."""
    first = select(func.min(DeliveryRow.due_at)).where(DeliveryRow.webhook_id == WebhookRow.id, _IS_QUEUED)
    due_at = first.correlate(WebhookRow).scalar_subquery()
    may_be_asked = or_(WebhookRow.resume_at.is_(None), WebhookRow.resume_at <= now)
    columns = (WebhookRow.id, WebhookRow.project_id, WebhookRow.failures, due_at.label("due_at"))
    waiting = session.execute(select(*columns).where(_IS_ACTIVE, may_be_asked, due_at <= now)).all()
    if not waiting:
        return []
    of_webhook, of_project = _being_sent(session)
    free = [
        each
        for each in waiting
        if of_webhook[each.id] < (1 if each.failures >= FAILURES_OF_AN_ABSENCE else MAX_SENT_TO_ONE)
        and of_project[each.project_id] < MAX_SENT_OF_PROJECT
    ]
    return [each.id for each in sorted(free, key=lambda each: (of_project[each.project_id], each.due_at))]


def _being_sent(session: Session) -> tuple[Counter[str], Counter[str]]:
    """How many messages are, by webhook and by project."""
    # Counted here: to group them, SQLite would go through all messages there are.
    sent = session.execute(select(DeliveryRow.webhook_id, DeliveryRow.project_id).where(_IS_LEASED)).all()
    return Counter(each.webhook_id for each in sent), Counter(each.project_id for each in sent)


def bring_forward(session: Session, row: WebhookRow, now: float) -> None:
    """A receiver is back: whatever waits for it waits no longer."""
    waiting = (DeliveryRow.webhook_id == row.id, _IS_QUEUED, DeliveryRow.due_at > now)
    session.execute(update(DeliveryRow).where(*waiting).values(due_at=now))


def waiting_ping(session: Session, row: WebhookRow) -> DeliveryRow | None:
    """A ping to a webhook that was not sent yet: nobody needs two of them."""
    query = select(DeliveryRow).where(DeliveryRow.webhook_id == row.id, _IS_QUEUED, DeliveryRow.type == PING)
    return session.scalars(query.limit(1)).first()


def repeat(session: Session, row: DeliveryRow, now: float) -> bool:
    """Have a message that is over sent again, under the same id; False where it is not over yet."""
    repeated = move(
        session, state_machines.REPEATED_DELIVERY, row.id, DeliveryState.QUEUED,
        asked_at=now, due_at=now, finished_at=None, tries=0, attempts=0, error=None,
    )  # fmt: skip
    session.refresh(row)
    return repeated


def give_up_undeliverable(session: Session, now: float, window: float, limit: int) -> int:
    """End so many messages that nobody will be sent any more; how many those were.

    Those of webhooks that are disabled, and those that have waited too long for a turn, or while theirs was paused.
    """
    nobodys = select(DeliveryRow.id).join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
    nobodys = nobodys.where(_IS_QUEUED, WebhookRow.state == WebhookState.DISABLED).limit(limit)
    overdue = select(DeliveryRow.id).where(_IS_QUEUED, DeliveryRow.asked_at < now - window - _GRACE_SECONDS)
    ended = 0
    for query, problem in ((nobodys, "the webhook was disabled"), (overdue.limit(limit), "its time is over")):
        found = session.scalars(query).all()
        is_one = (DeliveryRow.id.in_(found), DeliveryRow.state == DeliveryState.QUEUED)
        failed: dict[str, Any] = {"finished_at": now, "problem": problem}
        ended += move_all(session, state_machines.DELIVERY, DeliveryState.FAILED, *is_one, **failed) if found else 0
    return ended


def forget(session: Session, before: float, limit: int) -> int:
    """Remove so many messages that were over before then, or whose webhook is deleted, and webhooks without any."""
    old = select(DeliveryRow.id).where(DeliveryRow.finished_at < before).order_by(DeliveryRow.finished_at).limit(limit)
    is_deleted = text("webhooks.state = 'deleted'")
    nobodys = select(DeliveryRow.id).join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
    nobodys = nobodys.where(is_deleted, DeliveryRow.lease_until.is_(None)).limit(limit)
    gone = 0
    for query in (old, nobodys):
        removed = session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(query)))
        gone = max(gone, cast("CursorResult[Any]", removed).rowcount)
    has_messages = select(DeliveryRow.id).where(DeliveryRow.webhook_id == WebhookRow.id).exists()
    session.execute(delete(WebhookRow).where(is_deleted, ~has_messages))
    return gone


def find(session: Session, project: str, webhook_id: str, delivery_id: str) -> DeliveryRow | None:
    """The message of that id to that webhook of the project, or None."""
    row = session.get(DeliveryRow, delivery_id) if is_identifier(delivery_id) else None
    return None if row is None or (row.project_id, row.webhook_id) != (project, webhook_id) else row


def page(
    session: Session,
    row: WebhookRow,
    window: float,
    public_url: str,
    *,
    limit: int,
    cursor: str | None,
    state: str | None = None,
) -> DeliveryList:
    """A webhook's messages, newest first, from after *cursor*."""
    query = select(DeliveryRow).where(DeliveryRow.webhook_id == row.id)
    if cursor is not None:
        query = query.where(DeliveryRow.id < cursor)
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    rows = session.scalars(query.order_by(DeliveryRow.id.desc()).limit(limit + 1)).all()
    return DeliveryList(
        items=[to_wire(each, window, public_url) for each in rows[:limit]],
        next_cursor=rows[limit - 1].id if len(rows) > limit else None,
    )


def to_wire(row: DeliveryRow, window: float, public_url: str) -> Delivery:
    """The row as clients see it; a message is tried for *window* seconds."""
    state = DeliveryState(row.state)
    is_waiting = state == DeliveryState.QUEUED
    problem = row.problem if row.error is None else Failure.model_validate(row.error).message
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        type=row.type,
        state=state,
        attempts=row.tries,
        status_code=row.status_code,
        error=problem,
        response=row.response,
        payload=messages.payload_of(row, public_url),
        created_at=timestamp(row.created_at),
        last_attempt_at=optional_timestamp(row.tried_at),
        next_attempt_at=timestamp(row.due_at) if is_waiting else None,
        give_up_at=timestamp(row.asked_at + window) if is_waiting else None,
    )
