"""What datasets are used by: how many jobs each has, of those that are not forgotten."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.rows.tables import JobRow


def jobs_by_dataset(session: Session, project: str, dataset_ids: Collection[str]) -> dict[str, int]:
    """How many jobs of a project train on each of these datasets; those that have none are left out."""
    own = (JobRow.project_id == project, JobRow.dataset_id.in_(list(dataset_ids)))
    query = select(JobRow.dataset_id, func.count().label("jobs")).where(*own).group_by(JobRow.dataset_id)
    return {row.dataset_id: row.jobs for row in session.execute(query)}
