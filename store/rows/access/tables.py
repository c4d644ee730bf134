"""The tables of who asks, and of what was asked before. Times are Unix seconds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id


class IdempotencyRow(Base):
    """The first answer to a request of a project that carried an Idempotency-Key."""

    __tablename__ = "idempotency_keys"

    project_id: Mapped[str] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    sent: Mapped[str | None] = mapped_column(String(64))
    job_id: Mapped[str] = mapped_column(Id)
    response: Mapped[dict[str, Any]]
    created_at: Mapped[float]

    __table_args__ = (Index("idempotency_keys_by_age", "created_at"),)


class KeyRow(Base):
    """A key to a project, of which only the hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """Public, and a part of the key: the row is found by it."""
    project_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(100))
    scopes: Mapped[str] = mapped_column(String(40))
    """With spaces between them."""
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the whole key, in hexadecimal."""
    created_at: Mapped[float]
    created_by: Mapped[str | None] = mapped_column(Id)
    expires_at: Mapped[float | None]
    revoked_at: Mapped[float | None]
    last_used_at: Mapped[float | None]

    __table_args__ = (Index("api_keys_by_project", "project_id", "id"),)
