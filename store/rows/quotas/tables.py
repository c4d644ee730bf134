"""The tables of what projects take. Times are Unix seconds, days are counted from 1970 in UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id


class UsageDayRow(Base):
    """What was trained for a project on one day: counted as it ends, so that nobody has to look at trials."""

    __tablename__ = "usage_days"

    project_id: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    trials: Mapped[int] = mapped_column(BigInteger)
    training_seconds: Mapped[float]


class StoredBytesRow(Base):
    """What a project's files come to: the sum of ``stored_bytes`` over its datasets, models and jobs."""

    __tablename__ = "stored_bytes"

    project_id: Mapped[str] = mapped_column(Id, primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
