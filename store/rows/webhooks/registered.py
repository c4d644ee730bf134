"""Webhook rows: registered, changed, given another secret, disabled and deleted."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api_schemas.base import optional_timestamp, timestamp
from api_schemas.webhooks.webhook import (
    EVENT_TYPES,
    EventType,
    Webhook,
    WebhookList,
    WebhookPatch,
    WebhookRequest,
    WebhookState,
)
from store.ids import WEBHOOK, is_identifier, new_id
from store.rows import state_machines
from store.rows.outbox import messages
from store.rows.outbox.tables import WebhookRow
from store.rows.projects.tables import ProjectRow
from store.rows.state_machines import move
from store.rows.webhooks import deliveries
from store.settings import SECONDS_PER_HOUR

_IS_THERE = WebhookRow.state != WebhookState.DELETED


class TooManyError(Exception):
    """The project has as many webhooks as it may."""


def register(
    session: Session,
    project: str,
    request: WebhookRequest,
    now: float,
    *,
    salt: str,
    signing_key: str,
    created_by: str | None,
    limit: int,
) -> WebhookRow:
    """A new webhook of a project, active at once.

    Raises:
        TooManyError: it has *limit* of them.
    """
    session.execute(select(ProjectRow.id).where(ProjectRow.id == project).with_for_update())  # one at a time
    count = session.scalar(select(func.count()).where(WebhookRow.project_id == project, _IS_THERE)) or 0
    if count >= limit:
        raise TooManyError
    row = WebhookRow(
        id=new_id(WEBHOOK),
        project_id=project,
        state=WebhookState.ACTIVE,
        url=request.url,
        types=_joined(request.types),
        jobs=request.jobs,
        description=request.description,
        salt=salt,
        signing_key=signing_key,
        created_at=now,
        created_by=created_by,
    )
    session.add(row)
    session.flush()
    return row


def find(session: Session, project: str, webhook_id: str) -> WebhookRow | None:
    """The project's webhook of that id, or None where it has none or that was deleted."""
    return _there(session.get(WebhookRow, webhook_id) if is_identifier(webhook_id) else None, project)


def find_locked(session: Session, project: str, webhook_id: str) -> WebhookRow | None:
    """The same, held against other writers until the transaction ends; to be called before its messages are written."""
    return _there(locked(session, webhook_id) if is_identifier(webhook_id) else None, project)


def locked(session: Session, webhook_id: str) -> WebhookRow | None:
    """The row of whichever project, held as above. Events that are to be told to it do not wait for that."""
    return session.get(WebhookRow, webhook_id, with_for_update={"key_share": True}, populate_existing=True)


def _there(row: WebhookRow | None, project: str) -> WebhookRow | None:
    return None if row is None or row.project_id != project or row.state == WebhookState.DELETED else row


def missing(session: Session, project: str, webhook_ids: Collection[str]) -> set[str]:
    """Those of the ids that no webhook of the project has."""
    if not webhook_ids:
        return set()
    own = select(WebhookRow.id).where(WebhookRow.id.in_(webhook_ids), WebhookRow.project_id == project, _IS_THERE)
    return set(webhook_ids) - set(session.scalars(own))


def change(session: Session, row: WebhookRow, patch: WebhookPatch, now: float) -> None:
    """Change what a patch says; what it leaves out stays. The row is locked."""
    said = patch.model_fields_set
    if "types" in said:
        row.types = _joined(patch.types)
    if patch.jobs is not None:
        row.jobs = patch.jobs
    if patch.description is not None:
        row.description = patch.description
    session.flush()
    if patch.state is not None and patch.state != row.state:
        if patch.state == "active":  # whoever says so has seen to the receiver
            forgiven = {"failures": 0, "failing_since": None, "resume_at": None, "disabled_reason": None}
            move(session, state_machines.WEBHOOK, row.id, WebhookState.ACTIVE, **forgiven)
            deliveries.bring_forward(session, row, now)
        else:
            move(session, state_machines.WEBHOOK, row.id, patch.state)
    session.refresh(row)


def rotate(row: WebhookRow, *, salt: str, signing_key: str, overlap_hours: float, now: float) -> None:
    """Give a webhook another secret; the old one is used beside it for so long. The row is locked."""
    is_kept = overlap_hours > 0 and row.signing_key == signing_key  # else it cannot be made any more
    row.old_salt = row.salt if is_kept else None
    row.old_secret_until = now + overlap_hours * SECONDS_PER_HOUR if is_kept else None
    row.salt, row.signing_key = salt, signing_key


def salts_of(row: WebhookRow, now: float) -> list[str]:
    """Of the secrets that messages are signed with now, the newest first."""
    if row.old_salt is None or row.old_secret_until is None or row.old_secret_until <= now:
        return [row.salt]
    return [row.salt, row.old_salt]


def delete(session: Session, row: WebhookRow, now: float) -> None:
    """Give a webhook up: nothing is sent any more, its secret cannot be made again, and the sweep removes it."""
    no_secret = {"salt": "", "old_salt": None, "old_secret_until": None}
    move(session, state_machines.WEBHOOK, row.id, WebhookState.DELETED, finished_at=now, **no_secret)


def disable(session: Session, row: WebhookRow, reason: str, now: float) -> bool:
    """The service gives a receiver up; whether it had not before. The project's other webhooks are told."""
    disabled = move(session, state_machines.WEBHOOK, row.id, WebhookState.DISABLED, disabled_reason=reason)
    if disabled:
        messages.tell_of_disabling(session, row, now)
    return disabled


def page(session: Session, project: str, *, limit: int, cursor: str | None) -> WebhookList:
    """A project's webhooks, newest first, from after *cursor*."""
    query = select(WebhookRow).where(WebhookRow.project_id == project, _IS_THERE)
    if cursor is not None:
        query = query.where(WebhookRow.id < cursor)
    rows = session.scalars(query.order_by(WebhookRow.id.desc()).limit(limit + 1)).all()
    return WebhookList(
        items=[to_wire(row) for row in rows[:limit]],
        next_cursor=rows[limit - 1].id if len(rows) > limit else None,
    )


def to_wire(row: WebhookRow) -> Webhook:
    """The row as clients see it."""
    return Webhook(
        id=row.id,
        url=row.url,
        types=None if row.types is None else row.types.split(" "),
        jobs="all" if row.jobs == "all" else "named",
        description=row.description,
        state=WebhookState(row.state),
        failing_since=optional_timestamp(row.failing_since),
        disabled_reason=row.disabled_reason,
        old_secret_until=optional_timestamp(row.old_secret_until),
        created_at=timestamp(row.created_at),
        created_by=row.created_by,
    )


def _joined(types: list[EventType] | None) -> str | None:
    return None if types is None else " ".join(each for each in EVENT_TYPES if each in types)
