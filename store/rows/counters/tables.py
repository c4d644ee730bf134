"""The tables of what is counted."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Sequence

LabelValues = String(300)


class CounterRow(Base):
    """A sum over all that was counted of a name with the same values of its labels."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    label_values: Mapped[str] = mapped_column(LabelValues, primary_key=True)
    """A JSON list, in the order of the labels."""
    bucket: Mapped[int] = mapped_column(primary_key=True)
    """Of a distribution: the index of the first bound that the value does not exceed. Of a plain number 0."""
    amount: Mapped[float]
    """How many."""
    total: Mapped[float]
    """Of a distribution: the sum of the values."""


class CountRow(Base):
    """What one transaction has counted, until it is added to its sum.

    Nobody waits for anybody to insert one, as they would to add to a sum that many transactions share.
    """

    __tablename__ = "counts"

    id: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(80))
    label_values: Mapped[str] = mapped_column(LabelValues)
    bucket: Mapped[int]
    amount: Mapped[float]
    total: Mapped[float]
