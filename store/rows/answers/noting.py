"""Writing down what a job has answered, in the transaction in which it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api_schemas.reports.report import Report
from store.database import insert_into
from store.rows.answers.names import dataset_name, metric_name, model_name
from store.rows.answers.summaries import answer_of
from store.rows.answers.tables import AnswerRow
from store.rows.tables import DatasetRow, JobRow


def note_end(session: Session, job_id: str) -> None:
    """Say what a job was about that is over; what it has answered before stays."""
    job = session.execute(
        select(JobRow.project_id, JobRow.request, DatasetRow.reference)
        .join(DatasetRow, DatasetRow.id == JobRow.dataset_id)
        .where(JobRow.id == job_id)
    ).one()
    names = {
        "dataset": dataset_name(job.reference),
        "model": model_name(job.request),
        "metric": metric_name(job.request),
    }
    statement = insert_into(session, AnswerRow).values(job_id=job_id, project_id=job.project_id, **names)
    session.execute(statement.on_conflict_do_update(index_elements=["job_id"], set_=names))


def note_report(session: Session, job_id: str, report: Report) -> None:
    """Say what the report of a job that is over answers."""
    answer = answer_of(report)
    values: dict[str, Any] = {
        "verdicts": answer.verdicts,
        "best": max(answer.means, default=None),
        "worst": min(answer.means, default=None),
        "answer": answer.model_dump(mode="json"),
    }
    session.execute(update(AnswerRow).where(AnswerRow.job_id == job_id).values(values))


def unnoted(session: Session, limit: int) -> Sequence[tuple[str, str | None]]:
    """Jobs that were over before this was noted, the newest first, with the names of their reports' artifacts."""
    known = select(AnswerRow.job_id).where(AnswerRow.job_id == JobRow.id).exists()
    over = select(JobRow.id, JobRow.report_artifact).where(JobRow.finished_at.is_not(None), ~known)
    return [(each.id, each.report_artifact) for each in session.execute(over.order_by(JobRow.id.desc()).limit(limit))]
