"""Comparisons that have a report, for who chooses among their candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.jobs import JobKind
from store.rows.tables import DatasetRow, JobRow


class Reported(NamedTuple):
    """A comparison, as far as candidates are chosen by it: its plan, and what it was made of."""

    id: str
    plan: dict[str, Any]
    labels: dict[str, str]
    created_at: float
    reference: dict[str, Any]


def newest(session: Session, project: str, limit: int) -> Sequence[Reported]:
    """So many of a project's, newest first."""
    columns = (JobRow.id, JobRow.plan, JobRow.labels, JobRow.created_at, DatasetRow.reference)
    own = (JobRow.project_id == project, JobRow.kind == JobKind.COMPARISON, JobRow.report_artifact.is_not(None))
    query = select(*columns).join(DatasetRow, DatasetRow.id == JobRow.dataset_id).where(*own)
    return [Reported(*row) for row in session.execute(query.order_by(JobRow.id.desc()).limit(limit))]
