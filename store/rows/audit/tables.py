"""The table of the audit trail."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id, Sequence


class AuditRow(Base):
    """Something that was done or refused. The database itself refuses to change a row (see the migration)."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    project_id: Mapped[str | None] = mapped_column(Id)
    """None: of no project, as what is tried without a key; the operator alone sees it."""
    at: Mapped[float]
    actor: Mapped[str] = mapped_column(String(10))
    key_id: Mapped[str | None] = mapped_column(Id)
    subject: Mapped[str | None] = mapped_column(String(255))
    """Who a person is, by their issuer or the proxy."""
    action: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str | None] = mapped_column(String(100))
    request_id: Mapped[str | None] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(40))
    count: Mapped[int] = mapped_column(default=1)

    __table_args__ = (Index("audit_events_by_project", "project_id", "id"), Index("audit_events_by_time", "at"))
