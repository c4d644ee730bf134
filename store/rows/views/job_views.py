"""Jobs as clients read them: one with its progress, or a page of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, load_only

from api_schemas.artifacts import Artifact
from api_schemas.base import optional_timestamp, timestamp
from api_schemas.failures import Failure
from api_schemas.jobs import Job, JobKind, JobList, JobState, JobSummary, Phase
from api_schemas.lint import Finding
from api_schemas.progress import TimelineEntry
from api_schemas.training.settings import as_accepted
from store.rows import events
from store.rows.tables import JobLabelRow, JobRow
from store.rows.views.progress import NOTHING_DONE, progress_of

_IN_SUMMARIES = (
    JobRow.id,
    JobRow.kind,
    JobRow.state,
    JobRow.labels,
    JobRow.dataset_id,
    JobRow.report_artifact,
    JobRow.created_at,
    JobRow.finished_at,
)
"""Requests and plans are large, and no list shows them."""


@dataclass(frozen=True)
class JobFilter:
    """What a listing is narrowed to; None does not narrow."""

    state: str | None = None
    kind: str | None = None
    dataset_id: str | None = None
    label: tuple[str, str] | None = None


def page(session: Session, project: str, narrowed: JobFilter, *, limit: int, cursor: str | None) -> JobList:
    """A project's jobs, newest first, from after *cursor*."""
    own = select(JobRow).options(load_only(*_IN_SUMMARIES)).where(JobRow.project_id == project)
    query = _narrow(own, project, narrowed)
    job_id = JobRow.id if narrowed.label is None else JobLabelRow.job_id  # in the order of the index that finds them
    query = query.order_by(job_id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(job_id < cursor)
    rows: Sequence[JobRow] = session.scalars(query).all()
    return JobList(
        items=[_summary(row) for row in rows[:limit]],
        next_cursor=rows[limit - 1].id if len(rows) > limit else None,
    )


def _narrow(query: Select[Any], project: str, narrowed: JobFilter) -> Select[Any]:
    columns = {JobRow.state: narrowed.state, JobRow.kind: narrowed.kind, JobRow.dataset_id: narrowed.dataset_id}
    for column, value in columns.items():
        if value is not None:
            query = query.where(column == value)
    if narrowed.label is not None:
        key, value = narrowed.label
        query = query.join(JobLabelRow, JobLabelRow.job_id == JobRow.id)
        query = query.where(JobLabelRow.project_id == project, JobLabelRow.key == key, JobLabelRow.value == value)
    return query


def _summary(row: JobRow) -> JobSummary:
    return JobSummary(
        id=row.id,
        kind=JobKind(row.kind),
        state=JobState(row.state),
        is_terminal=JobState(row.state).is_terminal,
        labels=row.labels,
        dataset_id=row.dataset_id,
        has_report=row.report_artifact is not None,
        created_at=timestamp(row.created_at),
        finished_at=optional_timestamp(row.finished_at),
    )


def to_wire(session: Session, row: JobRow, now: float) -> Job:
    """The job as its client sees it now."""
    state = JobState(row.state)
    return Job(
        id=row.id,
        kind=JobKind(row.kind),
        state=state,
        phase=Phase(row.phase),
        is_terminal=state.is_terminal,
        request=row.request if row.kind == JobKind.AUGMENTATION else as_accepted(row.request),
        labels=row.labels,
        dataset_id=row.dataset_id,
        progress=progress_of(session, row, now),
        error=None if row.error is None else Failure.model_validate(row.error),
        has_report=row.report_artifact is not None,
        artifacts=artifacts_of(row),
        created_at=timestamp(row.created_at),
        started_at=optional_timestamp(row.started_at),
        finished_at=optional_timestamp(row.finished_at),
        timeline=events.timeline(session, row.id),
    )


def of_new(row: Mapping[str, Any], findings: dict[str, list[Finding]]) -> Job:
    """A job that was stored in this transaction, by what ``store.rows.accepting.new_jobs.store`` gives of it.

    What `to_wire` says of it, without a look at the database: nothing was done for it yet.
    """
    at = timestamp(row["created_at"])
    return Job(
        id=row["id"],
        kind=row["kind"],
        state=row["state"],
        phase=row["phase"],
        is_terminal=False,
        request=row["request"],
        labels=row["labels"],
        dataset_id=row["dataset_id"],
        progress=NOTHING_DONE,
        error=None,
        has_report=False,
        findings=findings,
        created_at=at,
        started_at=None,
        finished_at=None,
        timeline=[TimelineEntry(sequence=row["event_id"], at=at, type=JobState.QUEUED, data={})],
    )


def artifacts_of(row: JobRow) -> list[Artifact]:
    """The files that a job has left behind, the archive first."""
    return [Artifact(name=name, **facts) for name, facts in (row.artifacts or {}).items()]
