"""The table of who has logged in by a browser. Times are Unix seconds."""

from __future__ import annotations

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id


class SessionRow(Base):
    """A browser that somebody has logged in with; what it sends is not kept, its hash is."""

    __tablename__ = "sessions"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255))
    key_id: Mapped[str | None] = mapped_column(Id)
    """That it was begun with, in the place of a login at an issuer; it works as long as that does."""
    groups: Mapped[list[str]] = mapped_column(JSON)
    """Those of the issuer's that were in the operator's table at the login."""
    project_id: Mapped[str | None] = mapped_column(Id)
    """The one that was chosen last."""
    created_at: Mapped[float]
    expires_at: Mapped[float]

    __table_args__ = (Index("sessions_by_end", "expires_at"),)
