"""Jobs as clients read them: one with its progress, or a page of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, load_only

from api_schemas.artifacts import Artifact
from api_schemas.base import optional_timestamp, timestamp
from api_schemas.events.stream import JobProgress
from api_schemas.failures import Failure
from api_schemas.jobs import Job, JobKind, JobList, JobState, JobSummary, Phase
from api_schemas.training.settings import as_accepted
from store.rows import events
from store.rows.projects.tables import ProjectRow
from store.rows.tables import JobLabelRow, JobRow
from store.rows.views.progress import progress_of
from store.settings import SECONDS_PER_DAY

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


_CHANGING = (JobRow.id, JobRow.state, JobRow.report_artifact, JobRow.finished_at)
"""Of what is in summaries; the rest stays as it was when the job was accepted."""


@dataclass(frozen=True)
class JobFilter:
    """What a listing is narrowed to; None does not narrow."""

    state: str | None = None
    kind: str | None = None
    dataset_id: str | None = None
    label: tuple[str, str] | None = None


def page(session: Session, project: str, narrowed: JobFilter, *, limit: int, cursor: str | None) -> JobList:
    """A project's jobs, newest first, from after *cursor*."""
    own = select(JobRow).options(load_only(*_IN_SUMMARIES))
    rows: Sequence[JobRow] = session.scalars(_on_page(own, project, narrowed, limit, cursor)).all()
    return JobList(
        items=[_summary(row) for row in rows[:limit]],
        next_cursor=rows[limit - 1].id if len(rows) > limit else None,
    )


def page_version(
    session: Session, project: str, narrowed: JobFilter, *, limit: int, cursor: str | None
) -> list[tuple[Any, ...]]:
    """Equal to an earlier one where the page looks the same: what of its jobs can change, and if there are more."""
    query = _on_page(select(*_CHANGING), project, narrowed, limit, cursor)
    return [tuple(row) for row in session.execute(query)]


def _on_page(
    query: Select[*tuple[Any, ...]], project: str, narrowed: JobFilter, limit: int, cursor: str | None
) -> Select[*tuple[Any, ...]]:
    query = _narrow(query.where(JobRow.project_id == project), project, narrowed)
    job_id = JobRow.id if narrowed.label is None else JobLabelRow.job_id  # in the order of the index that finds them
    query = query.order_by(job_id.desc()).limit(limit + 1)
    return query if cursor is None else query.where(job_id < cursor)


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


def to_wire(session: Session, row: JobRow, now: float, keep_days: float | None = None) -> Job:
    """The job as its client sees it now; *keep_days* is how long jobs of all projects are kept once they are over."""
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
        expires_at=optional_timestamp(_end_of(session, row, keep_days)),
        timeline=events.timeline(session, row.id),
    )


def progress_told(session: Session, row: JobRow, now: float) -> JobProgress | None:
    """How far the job is, for those who listen; None where it is over."""
    state = JobState(row.state)
    if state.is_terminal:
        return None
    progress = progress_of(session, row, now)
    return JobProgress(job_id=row.id, kind=JobKind(row.kind), state=state, phase=Phase(row.phase), progress=progress)


def _end_of(session: Session, row: JobRow, keep_days: float | None) -> float | None:
    """When a job that is over is forgotten: by what its project keeps, or all of them."""
    if row.finished_at is None:
        return None
    project = session.get(ProjectRow, row.project_id)
    own = None if project is None else project.keep_jobs_days
    days = [each for each in (keep_days, own) if each is not None]
    return row.finished_at + min(days) * SECONDS_PER_DAY if days else None


def artifacts_of(row: JobRow) -> list[Artifact]:
    """The files that a job has left behind, the archive first."""
    return [Artifact(name=name, **facts) for name, facts in (row.artifacts or {}).items()]
