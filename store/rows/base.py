"""What all tables have in common, and what those of leased units of work do."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Float, Integer, String, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Id = String(40)
Sequence = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself for INTEGER only


def only(condition: str) -> dict[str, Any]:
    """Of an index: it has the rows alone of which this holds. Queries say the same, in the same words."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Base(DeclarativeBase):
    """The declarative base."""

    type_annotation_map: ClassVar = {dict[str, Any]: JSON(none_as_null=True), float: Float(53)}


class Owned:
    """Columns of what belongs to a project. Nothing has it by default: what is inserted says whose it is."""

    project_id: Mapped[str] = mapped_column(Id)


class Leased:
    """Columns of a unit of work that one worker at a time may hold."""

    state: Mapped[str] = mapped_column(String(20))
    queue: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    lease_id: Mapped[str | None] = mapped_column(String(40))
    lease_owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[float | None]
    cancel_requested_at: Mapped[float | None]
    published_at: Mapped[float | None]
    error: Mapped[dict[str, Any] | None]
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    finished_at: Mapped[float | None]


class ReadOnce(Owned, Leased):
    """Columns of what is read once from where a client said, and stored under the digest of its content."""

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    reference: Mapped[dict[str, Any]]
    kind: Mapped[str] = mapped_column(String(20), server_default="")
    """Of the reference."""
    upload_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the file that was uploaded, in hexadecimal; None for other kinds."""
    reference_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[dict[str, Any] | None]
    progress: Mapped[dict[str, Any] | None]
    purged_at: Mapped[float | None]
    """When the files of one that is of no use any more were removed."""
    stored_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Of its upload and of what was made of it; written by ``store.rows.quotas.stored`` alone, as is a job's."""
    used_at: Mapped[float | None]
    """When a job was last submitted that needs it, within a day; None where none was, or before that was noted."""
