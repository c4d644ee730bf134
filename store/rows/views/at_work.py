"""What is being carried out now, by which worker, and for how long it may be silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from store.rows.outbox.tables import DeliveryRow
from store.rows.tables import ChunkRow, ConclusionRow, DatasetRow, JobRow, JobTrialRow, RegisteredModelRow, TrialRow

MAX_UNITS = 500
"""Of each kind; there are about as many as workers."""


@dataclass(frozen=True)
class AtWork:
    """A unit of work that a worker has.

    Attributes:
        kind: trial, probe, dataset, …
        unit_id: its id.
        about: the id of its job (of a trial that several share one of them), or of the webhook; else its own.
        worker: which calls itself so.
        started_at: in Unix seconds.
        until: when it is taken from the worker, unless that says before that it is there.
        attempt: the how manieth.
    """

    kind: str
    unit_id: str
    about: str
    worker: str
    started_at: float
    until: float
    attempt: int


def at_work(session: Session, project: str | None) -> list[AtWork]:
    """What is carried out for a project, or for all (None), what runs for longest first."""
    found = [AtWork(*row) for query in _queries(project) for row in session.execute(query.limit(MAX_UNITS))]
    return sorted(found, key=lambda each: (each.started_at, each.unit_id))


def _queries(project: str | None) -> list[Select[Any]]:
    of_trial = select(func.min(JobTrialRow.job_id)).where(JobTrialRow.trial_id == TrialRow.id).scalar_subquery()
    own: list[tuple[Any, Any, Any]] = [
        (TrialRow, literal("trial"), of_trial),
        (DatasetRow, literal("dataset"), DatasetRow.id),
        (RegisteredModelRow, literal("model"), RegisteredModelRow.id),
        (DeliveryRow, literal("message"), DeliveryRow.webhook_id),
    ]
    of_jobs: list[tuple[Any, Any]] = [(ChunkRow, ChunkRow.role), (ConclusionRow, literal("conclusion"))]
    queries = [_leased(row, kind, about) for row, kind, about in own]
    if project is not None:
        queries = [query.where(row.project_id == project) for query, (row, _, _) in zip(queries, own, strict=True)]
    for row, kind in of_jobs:
        query = _leased(row, kind, row.job_id)
        if project is not None:
            query = query.join(JobRow, JobRow.id == row.job_id).where(JobRow.project_id == project)
        queries.append(query)
    return queries


def _leased(row: Any, kind: Any, about: Any) -> Select[Any]:
    columns = (
        kind,
        row.id,
        func.coalesce(about, row.id),
        row.lease_owner,
        row.started_at,
        row.lease_until,
        row.attempts,
    )
    return select(*columns).where(row.lease_until.is_not(None))
