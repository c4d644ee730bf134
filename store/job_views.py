"""Jobs as clients read them: one with its progress, or a page of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from api_schemas.failures import Failure
from api_schemas.jobs import Job, JobList, JobState, JobSummary, Progress
from api_schemas.plans import Plan
from api_schemas.trials import TrialState
from store import events
from store.canonical import optional_timestamp, timestamp
from store.tables import JobLabelRow, JobRow, JobTrialRow, TrialRow


@dataclass(frozen=True)
class JobFilter:
    """What a listing is narrowed to; None does not narrow."""

    state: str | None = None
    kind: str | None = None
    dataset_id: str | None = None
    label: tuple[str, str] | None = None


def page(session: Session, narrowed: JobFilter, *, limit: int, cursor: str | None) -> JobList:
    """Jobs, newest first, from after *cursor*."""
    query = _narrow(select(JobRow), narrowed).order_by(JobRow.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(JobRow.id < cursor)
    rows: Sequence[JobRow] = session.scalars(query).all()
    return JobList(
        items=[_summary(row) for row in rows[:limit]],
        next_cursor=rows[limit - 1].id if len(rows) > limit else None,
    )


def _narrow(query: Select[Any], narrowed: JobFilter) -> Select[Any]:
    columns = {JobRow.state: narrowed.state, JobRow.kind: narrowed.kind, JobRow.dataset_id: narrowed.dataset_id}
    for column, value in columns.items():
        if value is not None:
            query = query.where(column == value)
    if narrowed.label is not None:
        key, value = narrowed.label
        query = query.join(JobLabelRow, JobLabelRow.job_id == JobRow.id)
        query = query.where(JobLabelRow.key == key, JobLabelRow.value == value)
    return query


def _summary(row: JobRow) -> JobSummary:
    return JobSummary(
        id=row.id,
        kind=row.kind,
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
        kind=row.kind,
        state=state,
        phase=row.phase,
        is_terminal=state.is_terminal,
        request=row.request,
        labels=row.labels,
        dataset_id=row.dataset_id,
        progress=_progress(session, row, now),
        error=None if row.error is None else Failure.model_validate(row.error),
        has_report=row.report_artifact is not None,
        created_at=timestamp(row.created_at),
        started_at=optional_timestamp(row.started_at),
        finished_at=optional_timestamp(row.finished_at),
        timeline=events.timeline(session, row.id),
    )


_DONE = (TrialState.SUCCEEDED, TrialState.FAILED)


@dataclass(frozen=True)
class _Tally:
    total: int
    done: int
    reused: int
    running: int
    epochs_done: int
    epochs_total: int
    fresh_epochs_done: int


def _progress(session: Session, row: JobRow, now: float) -> Progress:
    tally = _tally(session, row)
    fraction = 1.0 if row.state == JobState.SUCCEEDED else tally.epochs_done / tally.epochs_total
    return Progress(
        trials_total=tally.total,
        trials_done=tally.done,
        trials_reused=tally.reused,
        trials_running=tally.running,
        fraction=round(min(1.0, fraction), 4),
        estimated_finish=_estimated_finish(row, tally, now),
    )


def _tally(session: Session, row: JobRow) -> _Tally:
    groups = session.execute(
        select(
            TrialRow.state,
            JobTrialRow.reused,
            func.count(),
            func.sum(TrialRow.epoch),
            func.sum(TrialRow.epochs),
        )
        .join(JobTrialRow, JobTrialRow.trial_id == TrialRow.id)
        .where(JobTrialRow.job_id == row.id)
        .group_by(TrialRow.state, JobTrialRow.reused)
    ).all()
    planned = 0 if row.plan is None else Plan.model_validate(row.plan).trials
    # A trial that failed early or diverged has all its epochs behind it.
    epochs = [int(total if state in _DONE else epoch) for state, _, _, epoch, total in groups]
    return _Tally(
        total=sum(count for _, _, count, _, _ in groups) or planned,
        done=sum(count for state, _, count, _, _ in groups if state in _DONE),
        reused=sum(count for _, reused, count, _, _ in groups if reused),
        running=sum(count for state, _, count, _, _ in groups if state == TrialState.RUNNING),
        epochs_done=sum(epochs),
        epochs_total=max(1, int(sum(total for *_, total in groups))),
        fresh_epochs_done=sum(e for e, (_, reused, *_) in zip(epochs, groups, strict=True) if not reused),
    )


def _estimated_finish(row: JobRow, tally: _Tally, now: float) -> str | None:
    if row.state != JobState.RUNNING or row.started_at is None or not tally.fresh_epochs_done:
        return None
    pace = (now - row.started_at) / tally.fresh_epochs_done
    return timestamp(now + pace * (tally.epochs_total - tally.epochs_done))
