"""Datasets that jobs need beside the one that they train on: models are judged on them, while a job goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.rows.needs.tables import JobDatasetRow
from store.rows.tables import DatasetRow, JobRow


def hold(session: Session, project: str, dataset_id: str) -> DatasetRow | None:
    """A project's dataset, kept from being deleted until the transaction ends; None where it has none of this id."""
    row = session.get(DatasetRow, dataset_id, with_for_update={"read": True}, populate_existing=True)
    return None if row is None or row.project_id != project else row


def note(session: Session, job_id: str, dataset_ids: Iterable[str]) -> None:
    """Remember that a job needs these."""
    session.add_all(JobDatasetRow(job_id=job_id, dataset_id=each) for each in sorted(set(dataset_ids)))


def jobs_in_need(session: Session, dataset_id: str, limit: int) -> Sequence[str]:
    """The first few jobs that are not over and judge models on the dataset."""
    query = (
        select(JobDatasetRow.job_id)
        .join(JobRow, JobRow.id == JobDatasetRow.job_id)
        .where(JobDatasetRow.dataset_id == dataset_id, JobRow.finished_at.is_(None))
    )
    return session.scalars(query.order_by(JobDatasetRow.job_id).limit(limit)).all()
