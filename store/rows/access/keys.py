"""Key rows: made and shown once, used, replaced and revoked."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from api_schemas.access.keys import SCOPES, Key, KeyList, KeyRequest, KeyState, Scope
from api_schemas.base import optional_timestamp, timestamp
from store.ids import KEY, is_identifier, new_id
from store.rows.access import key_text
from store.rows.access.tables import KeyRow
from store.settings import SECONDS_PER_DAY, SECONDS_PER_HOUR

NOTED_EVERY_SECONDS = 600.0
"""That a key was used is written no more often: reading stays reading."""


@dataclass(frozen=True)
class Made:
    """A new row, and the key, which is nowhere kept."""

    row: KeyRow
    text: str


def create(
    session: Session,
    project: str,
    request: KeyRequest,
    now: float,
    *,
    created_by: str | None = None,
    latest_end: float | None = None,
) -> Made:
    """A key to a project. It ends at *latest_end* at the latest; what it replaces (see `replace`) is not looked at."""
    row_id, secret = new_id(KEY), key_text.new_secret()
    text = key_text.key_text(row_id, secret)
    asked = None if request.expires_in_days is None else now + request.expires_in_days * SECONDS_PER_DAY
    row = KeyRow(
        id=row_id,
        project_id=project,
        name=request.name,
        scopes=" ".join(scope for scope in SCOPES if scope in request.scopes),
        sha256=key_text.hash_of(text),
        created_at=now,
        created_by=created_by,
        expires_at=min((end for end in (asked, latest_end) if end is not None), default=None),
    )
    session.add(row)
    session.flush()
    return Made(row, text)


def replace(row: KeyRow, overlap_hours: float, now: float) -> None:
    """A key ends in so many hours, unless it ends before."""
    end = now + overlap_hours * SECONDS_PER_HOUR
    row.expires_at = end if row.expires_at is None else min(end, row.expires_at)


def find(session: Session, project: str, key_id: str) -> KeyRow | None:
    """The project's key of that id, or None."""
    row = session.get(KeyRow, key_id) if is_identifier(key_id) else None
    return None if row is None or row.project_id != project else row


def belonging_to(session: Session, text: str) -> KeyRow | None:
    """The row of a key as it was sent, whether it still works or not; None where it is nobody's."""
    key_id = key_text.id_in(text)
    row = None if key_id is None else session.get(KeyRow, key_id)
    return row if row is not None and hmac.compare_digest(row.sha256, key_text.hash_of(text)) else None


def of_session(session: Session, key_id: str) -> KeyRow | None:
    """The row of the key that a session was begun with, whether it still works or not; None where it is gone."""
    return session.get(KeyRow, key_id)


def state_of(row: KeyRow, now: float) -> KeyState:
    """Whether a key works now, and if not, why."""
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= now else "active"


def scopes_of(row: KeyRow) -> list[Scope]:
    """What a key may."""
    return [scope for scope in SCOPES if scope in row.scopes.split(" ")]


def ended_among(session: Session, key_ids: Collection[str], now: float) -> set[str]:
    """Those of the ids whose keys work no more, or are gone."""
    if not key_ids:
        return set()
    lasts = or_(KeyRow.expires_at.is_(None), KeyRow.expires_at > now)
    active = select(KeyRow.id).where(KeyRow.id.in_(key_ids), KeyRow.revoked_at.is_(None), lasts)
    return set(key_ids) - set(session.scalars(active))


def is_any_active(session: Session, now: float) -> bool:
    """Whether anybody could come in with a key."""
    lasts = or_(KeyRow.expires_at.is_(None), KeyRow.expires_at > now)
    return session.scalar(select(KeyRow.id).where(KeyRow.revoked_at.is_(None), lasts).limit(1)) is not None


def is_use_to_be_noted(row: KeyRow, now: float) -> bool:
    """Whether it was last noted long ago that a key is used."""
    return row.last_used_at is None or now - row.last_used_at > NOTED_EVERY_SECONDS


def note_used(session: Session, key_id: str, now: float) -> None:
    """A key was used."""
    session.execute(update(KeyRow).where(KeyRow.id == key_id).values(last_used_at=now))


def revoke(row: KeyRow, now: float) -> None:
    """A key works no more; it is still listed. Doing it twice is harmless."""
    row.revoked_at = row.revoked_at or now


def page(session: Session, project: str, now: float, *, limit: int, cursor: str | None) -> KeyList:
    """A project's keys, newest first, from after *cursor*."""
    query = select(KeyRow).where(KeyRow.project_id == project)
    if cursor is not None:
        query = query.where(KeyRow.id < cursor)
    rows = session.scalars(query.order_by(KeyRow.id.desc()).limit(limit + 1)).all()
    return KeyList(
        items=[to_wire(row, now) for row in rows[:limit]],
        next_cursor=rows[limit - 1].id if len(rows) > limit else None,
    )


def to_wire(row: KeyRow, now: float) -> Key:
    """The row as clients see it."""
    return Key(
        id=row.id,
        project=row.project_id,
        name=row.name,
        scopes=scopes_of(row),
        state=state_of(row, now),
        created_at=timestamp(row.created_at),
        created_by=row.created_by,
        expires_at=optional_timestamp(row.expires_at),
        last_used_at=optional_timestamp(row.last_used_at),
    )
