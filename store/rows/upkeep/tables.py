"""The tables of what keeps the service going. Times are Unix seconds."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id, only


class WorkersSeenRow(Base):
    """When a worker of a kind was last seen, whichever it was."""

    __tablename__ = "workers_seen"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    seen_at: Mapped[float]


class DutyRow(Base):
    """Something that one worker at a time does for all: who has it, for how long, and when it was last done."""

    __tablename__ = "duties"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    owner: Mapped[str | None] = mapped_column(String(200))
    held_until: Mapped[float | None]
    done_at: Mapped[float | None]


class TombstoneRow(Base):
    """A file or folder among the artifacts that nobody needs any more and that is still to be deleted."""

    __tablename__ = "tombstones"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[float]
    held_until: Mapped[float | None]
    """It is just being deleted, until then at the latest."""
    project_id: Mapped[str | None] = mapped_column(Id)
    """Whose it was; None where that is not of interest, or before it was noted."""

    __table_args__ = (
        Index("tombstones_by_time", "due_at"),
        Index("tombstones_by_project", "project_id", **only("project_id is not null")),
    )
