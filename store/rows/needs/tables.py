"""The table of what jobs need."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id


class JobDatasetRow(Base):
    """A dataset that a job judges models on, beside the one that it trains on."""

    __tablename__ = "job_datasets"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), primary_key=True)

    __table_args__ = (Index("job_datasets_by_dataset", "dataset_id", "job_id"),)


class FreshSeedsRow(Base):
    """How many of the seeds that confirmations take, each of them once, a project has used up of a dataset."""

    __tablename__ = "fresh_seeds"

    project_id: Mapped[str] = mapped_column(Id, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the dataset's content, as trials are found again by it."""
    used: Mapped[int] = mapped_column(BigInteger)
