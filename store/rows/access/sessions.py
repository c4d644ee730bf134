"""Session rows: begun by a login, ended by a logout or by themselves."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.orm import Session

from store.rows.access.session_tables import SessionRow

_RANDOM_BYTES = 32
MAX_TEXT_CHARS = 64


def begin(session: Session, subject: str, groups: Sequence[str], now: float, seconds: float) -> str:
    """Somebody has logged in at an issuer; what their browser has to send from now on.

    Sessions that have ended are forgotten.
    """
    session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
    text = secrets.token_urlsafe(_RANDOM_BYTES)
    session.add(
        SessionRow(
            sha256=_hash(text),
            subject=subject,
            groups=list(groups),
            project_id=None,
            created_at=now,
            expires_at=now + seconds,
        )
    )
    return text


def begin_by_key(session: Session, key_id: str, now: float, seconds: float) -> str:
    """Somebody has typed a key; see `begin`."""
    text = begin(session, "", [], now, seconds)
    session.get_one(SessionRow, _hash(text)).key_id = key_id
    return text


def find(session: Session, text: str, now: float) -> SessionRow | None:
    """The session of a browser that sends this; None where there is none, or where it has ended."""
    row = session.get(SessionRow, _hash(text)) if len(text) <= MAX_TEXT_CHARS else None
    return row if row is not None and row.expires_at > now else None


def choose(row: SessionRow, project: str) -> None:
    """Have the session be about another project from now on."""
    row.project_id = project


def end(session: Session, text: str) -> None:
    """A logout; doing it twice is harmless."""
    session.execute(delete(SessionRow).where(SessionRow.sha256 == _hash(text)))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
