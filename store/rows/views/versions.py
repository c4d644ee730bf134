"""Whether jobs have changed, for many at once and without reading any of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.ids import is_identifier
from store.rows.projects.tables import ProjectRow
from store.rows.tables import ChunkRow, DatasetRow, JobEventRow, JobRow, JobTrialRow, TrialRow
from store.rows.upkeep.tables import WorkersSeenRow
from store.rows.upkeep.workers_seen import ABSENT_AFTER_SECONDS

Version = tuple[Any, ...]
"""Equal to another one where the job looks the same to its client; the opposite need not hold."""


def versions_of(session: Session, job_ids: Collection[str], now: float) -> dict[str, Version]:
    """The version of each of these jobs, by its id; those that are gone are left out.

    It covers what `store.rows.views.job_views.to_wire` reads of a job: its row, its events, its units of work, and what
    is said where no worker is there for them.
    """
    job_ids = list(job_ids)
    units = _units(session, job_ids)
    present = _workers_present(session, now)
    rows = session.execute(
        select(
            JobRow.id,
            JobRow.state,
            JobRow.phase,
            JobRow.report_artifact,
            JobRow.plan.is_(None),
            JobRow.artifacts.is_(None),
            JobRow.started_at,
            JobRow.finished_at,
            DatasetRow.state,
            select(func.max(JobEventRow.id)).where(JobEventRow.job_id == JobRow.id).scalar_subquery(),
            select(ProjectRow.keep_jobs_days).where(ProjectRow.id == JobRow.project_id).scalar_subquery(),
            JobRow.created_at,
        )
        .join(DatasetRow, DatasetRow.id == JobRow.dataset_id)
        .where(JobRow.id.in_(job_ids))
    )
    return {
        job_id: (*columns, now - created_at < ABSENT_AFTER_SECONDS, present, units[job_id])
        for job_id, *columns, created_at in rows
    }


def version_of(session: Session, project: str, job_id: str, now: float) -> Version | None:
    """The version of a project's job; None where it has none of this id."""
    if not is_identifier(job_id):
        return None
    own = select(JobRow.id).where(JobRow.id == job_id, JobRow.project_id == project)
    return None if session.scalar(own) is None else versions_of(session, [job_id], now).get(job_id)


def _units(session: Session, job_ids: Collection[str]) -> dict[str, tuple[Any, ...]]:
    """How many units of each job are in which state, and how far they are."""
    trials = (
        select(
            JobTrialRow.job_id,
            TrialRow.state,
            JobTrialRow.reused,
            func.count(),
            func.sum(TrialRow.epoch),
            func.sum(TrialRow.batch),
        )
        .join(TrialRow, TrialRow.id == JobTrialRow.trial_id)
        .where(JobTrialRow.job_id.in_(job_ids))
        .group_by(JobTrialRow.job_id, TrialRow.state, JobTrialRow.reused)
    )
    chunks = (
        select(ChunkRow.job_id, ChunkRow.state, ChunkRow.role, func.count(), func.sum(ChunkRow.done))
        .where(ChunkRow.job_id.in_(job_ids))
        .group_by(ChunkRow.job_id, ChunkRow.state, ChunkRow.role)
    )
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for query in (trials, chunks):
        for job_id, *columns in session.execute(query):
            found[job_id].append(tuple(map(str, columns)))
    # Groups come in any order.
    return defaultdict(tuple, {job_id: tuple(sorted(groups)) for job_id, groups in found.items()})


def _workers_present(session: Session, now: float) -> tuple[str, ...]:
    """The kinds of workers that were seen lately."""
    seen_since = WorkersSeenRow.seen_at >= now - ABSENT_AFTER_SECONDS
    return tuple(session.scalars(select(WorkersSeenRow.kind).where(seen_since).order_by(WorkersSeenRow.kind)))
