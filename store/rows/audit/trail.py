"""The audit trail: added to in the transaction of what it tells of, read by pages, forgotten when it is old.

There is no function that changes a row, and the database would refuse it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, CursorResult, delete, func, select
from sqlalchemy.orm import Session

from api_schemas.access.audit import AuditEntry, AuditOutcome, AuditTrail
from api_schemas.base import timestamp
from store.rows.audit.tables import AuditRow
from store.rows.projects.tables import ProjectRow

MAX_LOOKED_AT = 2_000
"""Rows that are looked at for a page: where a filter leaves out most, pages are short, and nobody waits long."""

ActorKind = Literal["key", "person", "nobody", "operator", "service"]
_MAX_SUBJECT = 255


@dataclass(frozen=True)
class Doer:
    """Who does something, and in which request.

    Attributes:
        kind: what lets them.
        key_id: of the key that they use.
        subject: who they are, where an issuer or a proxy says so.
        request_id: of their request.
    """

    kind: ActorKind
    key_id: str | None = None
    request_id: str | None = None
    subject: str | None = None


OPERATOR = Doer("operator")
SERVICE = Doer("service")
"""What happens by itself, such as the end of a project that is being deleted."""


@dataclass(frozen=True)
class AuditFilter:
    """What a listing is narrowed to; None does not narrow."""

    action: str | None = None
    key_id: str | None = None
    subject: str | None = None
    object_id: str | None = None
    outcome: AuditOutcome | None = None

    def has(self, row: AuditRow) -> bool:
        """Whether a row is among them."""
        asked = asdict(self)
        return all(value is None or getattr(row, name) == value for name, value in asked.items())


def append(
    session: Session, project: str | None, doer: Doer, action: str, now: float, object_id: str | None = None
) -> None:
    """Something is done by this transaction."""
    _add(session, project, doer, action, now, object_id=object_id, outcome="done", reason=None, count=1)


def append_refused(
    session: Session, project: str | None, doer: Doer, action: str, now: float, *, reason: str, count: int
) -> None:
    """Somebody was refused something so often."""
    _add(session, project, doer, action, now, object_id=None, outcome="refused", reason=reason, count=count)


def _add(session: Session, project: str | None, doer: Doer, action: str, now: float, **said: Any) -> None:
    subject = None if doer.subject is None else doer.subject[:_MAX_SUBJECT]
    who = {"actor": doer.kind, "key_id": doer.key_id, "subject": subject, "request_id": doer.request_id}
    session.add(AuditRow(project_id=project, at=now, action=action, **who, **said))
    session.flush()


def page(session: Session, project: str | None, narrowed: AuditFilter, *, limit: int, cursor: int | None) -> AuditTrail:
    """Entries of a project, or of none, newest first, from after *cursor*."""
    query = select(AuditRow).where(*_of(project))
    if cursor is not None:
        query = query.where(AuditRow.id < cursor)
    items: list[AuditEntry] = []
    seen, last = 0, None
    for row in session.scalars(query.order_by(AuditRow.id.desc()).limit(MAX_LOOKED_AT)):
        if len(items) == limit:
            break
        seen, last = seen + 1, row.id
        if narrowed.has(row):
            items.append(to_wire(row))
    is_more = seen == MAX_LOOKED_AT or len(items) == limit
    return AuditTrail(items=items, next_cursor=str(last) if is_more and last is not None else None)


def _of(project: str | None) -> tuple[ColumnElement[bool], ...]:
    """A project is not told of an earlier one that had its name, of which somebody was refused something to the end."""
    if project is None:
        return (AuditRow.project_id.is_(None),)
    made_at = select(ProjectRow.created_at).where(ProjectRow.id == project).scalar_subquery()
    return AuditRow.project_id == project, AuditRow.at >= func.coalesce(made_at, 0.0)


def forget(session: Session, older_than: float, limit: int) -> int:
    """Remove so many of the oldest entries that are older; how many there were."""
    old = select(AuditRow.id).where(AuditRow.at < older_than).order_by(AuditRow.at).limit(limit)
    return cast("CursorResult[Any]", session.execute(delete(AuditRow).where(AuditRow.id.in_(old)))).rowcount


def to_wire(row: AuditRow) -> AuditEntry:
    """The row as an administrator sees it."""
    return AuditEntry(
        id=row.id,
        at=timestamp(row.at),
        actor=row.actor,
        key_id=row.key_id,
        subject=row.subject,
        action=row.action,
        object_id=row.object_id,
        request_id=row.request_id,
        outcome=cast("AuditOutcome", row.outcome),
        reason=row.reason,
        count=row.count,
    )
