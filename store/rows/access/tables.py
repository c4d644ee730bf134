"""The tables of who asks, and of what was asked before. Times are Unix seconds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id


class ProjectRow(Base):
    """Whose something is. The id is the name that the operator has given."""

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    created_at: Mapped[float]


class IdempotencyRow(Base):
    """The first answer to a request of a project that carried an Idempotency-Key."""

    __tablename__ = "idempotency_keys"

    project_id: Mapped[str] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    job_id: Mapped[str] = mapped_column(Id)
    response: Mapped[dict[str, Any]]
    created_at: Mapped[float]

    __table_args__ = (Index("idempotency_keys_by_age", "created_at"),)
