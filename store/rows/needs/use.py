"""When datasets and models were last asked for by a job, within a day: what is not for long may go (see retention)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from store.rows.tables import DatasetRow, RegisteredModelRow
from store.settings import SECONDS_PER_DAY

NOTED_EVERY_SECONDS = SECONDS_PER_DAY


def note(session: Session, project: str, names: Collection[str], now: float) -> None:
    """A job was submitted that needs these: datasets and models by their ids, models by the digest of their content."""
    for row in (DatasetRow, RegisteredModelRow):
        named = row.id.in_(names) if row is DatasetRow else or_(row.id.in_(names), row.digest.in_(names))
        old = or_(row.used_at.is_(None), row.used_at < now - NOTED_EVERY_SECONDS / 2)
        session.execute(update(row).where(row.project_id == project, named, old).values(used_at=now))
