"""Datasets and models that no job has asked for so long that their project keeps them no more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetState
from api_schemas.models.model import ModelState
from store.rows import datasets
from store.rows.models import registered
from store.rows.needs.tables import JobDatasetRow
from store.rows.tables import DatasetRow, JobRow, RegisteredModelRow


def give_up_datasets(session: Session, project: str, before: float, now: float, limit: int) -> int:
    """Delete so many of a project's datasets that no job has asked for since then, and none needs; how many."""
    row = DatasetRow
    needed = or_(
        exists().where(JobRow.dataset_id == row.id, JobRow.finished_at.is_(None)),
        exists().where(
            JobDatasetRow.dataset_id == row.id, JobRow.id == JobDatasetRow.job_id, JobRow.finished_at.is_(None)
        ),
    )
    unused = func.coalesce(row.used_at, row.created_at) < before
    query = select(row.id).where(row.project_id == project, row.state == DatasetState.READY, unused, ~needed)
    found = session.scalars(query.limit(limit)).all()
    for dataset_id in found:
        session.get_one(row, dataset_id, with_for_update=True, populate_existing=True)
        if not datasets.jobs_in_need(session, dataset_id, 1):
            datasets.delete(session, dataset_id, now)
    return len(found)


def give_up_models(session: Session, project: str, before: float, now: float, limit: int) -> int:
    """The same of models."""
    row = RegisteredModelRow
    unused = func.coalesce(row.used_at, row.created_at) < before
    query = select(row).where(row.project_id == project, row.state == ModelState.READY, unused)
    found: Sequence[RegisteredModelRow] = session.scalars(query.order_by(row.id)).all()
    given_up = 0
    for each in found:
        if given_up == limit:
            break
        session.refresh(each, with_for_update=True)
        if not registered.jobs_in_need(session, each):
            registered.delete(session, each, now)
            given_up += 1
    return given_up
