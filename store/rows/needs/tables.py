"""The table of what jobs need."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base


class JobDatasetRow(Base):
    """A dataset that a job judges models on, beside the one that it trains on."""

    __tablename__ = "job_datasets"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), primary_key=True)

    __table_args__ = (Index("job_datasets_by_dataset", "dataset_id", "job_id"),)
