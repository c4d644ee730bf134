"""The table of uploads that are sent piece by piece. Times are Unix seconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id, Owned


class UploadRow(Owned, Base):
    """A file on its way to the service. How much of it is there its file says, and nothing else."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str | None] = mapped_column(String(200))
    length: Mapped[int] = mapped_column(BigInteger)
    """Bytes of the whole file, which count as stored from the beginning."""
    expected_sha256: Mapped[str | None] = mapped_column(String(64))
    """What its sender says that it has, in hexadecimal."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """What it has, once all of it has come."""
    created_at: Mapped[float]
    expires_at: Mapped[float]

    __table_args__ = (
        Index("uploads_by_project", "project_id", "id"),
        Index("uploads_by_end", "expires_at"),
    )
