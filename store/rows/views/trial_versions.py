"""Whether the list of a job's trials has changed, without reading their definitions and results: these are large."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.ids import is_identifier
from store.rows.tables import JobRow, JobTrialRow, TrialRow


def trials_version(session: Session, project: str, job_id: str) -> tuple[Any, ...] | None:
    """Equal to an earlier one where the list of the project's job looks the same; None where it has none of this id.

    It covers what `store.rows.trials.to_wire` reads: results and errors come with a state, and which trial fills a slot
    says what it is of.
    """
    if not is_identifier(job_id):
        return None
    own = select(JobRow.id).where(JobRow.id == job_id, JobRow.project_id == project)
    if session.scalar(own) is None:
        return None
    query = (
        select(
            JobTrialRow.arm,
            JobTrialRow.seed,
            JobTrialRow.reused,
            TrialRow.id,
            TrialRow.state,
            TrialRow.attempts,
            TrialRow.epoch,
            TrialRow.epochs,
            TrialRow.batch,
            TrialRow.batches,
            TrialRow.expected_seconds,
            TrialRow.started_at,
            TrialRow.finished_at,
        )
        .join(TrialRow, TrialRow.id == JobTrialRow.trial_id)
        .where(JobTrialRow.job_id == job_id)
        .order_by(JobTrialRow.arm, JobTrialRow.seed)
    )
    return tuple(tuple(row) for row in session.execute(query))
