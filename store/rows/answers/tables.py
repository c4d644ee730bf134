"""The table of what jobs have answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Owned


class AnswerRow(Owned, Base):
    """A job that is over, as a line of a list shows it; one that was extended keeps its line until the next end."""

    __tablename__ = "job_answers"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(200))
    """Its name, as people know it."""
    model: Mapped[str] = mapped_column(String(120))
    metric: Mapped[str] = mapped_column(String(300))
    """What decides; empty where nothing is measured."""
    verdicts: Mapped[str] = mapped_column(String(60), server_default="")
    """Those that any candidate has, each between spaces."""
    best: Mapped[float | None]
    """The largest mean difference of a candidate, in points of the metric; None where there is none."""
    worst: Mapped[float | None]
    answer: Mapped[dict[str, Any] | None]
    """See ``store.rows.answers.summaries.Answer``; None where there is no report."""

    __table_args__ = (
        Index("answers_by_dataset", "project_id", "dataset"),
        Index("answers_by_model", "project_id", "model"),
        Index("answers_by_metric", "project_id", "metric"),
        Index("answers_by_best", "project_id", "best", "job_id"),
        Index("answers_by_worst", "project_id", "worst", "job_id"),
    )
