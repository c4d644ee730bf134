"""The finished trials of some arms of a job, without all the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.training.trials import TrialState
from store.rows.tables import JobRow, JobTrialRow, TrialRow


def finished(
    session: Session, job: JobRow, arms: Collection[str], seeds: Collection[int]
) -> Sequence[tuple[JobTrialRow, TrialRow]]:
    """A job's slots of these arms and seeds whose trials have given a result, in the order of arms and seeds."""
    slots = (JobTrialRow.job_id == job.id, JobTrialRow.arm.in_(list(arms)), JobTrialRow.seed.in_(list(seeds)))
    query = select(JobTrialRow, TrialRow).join(TrialRow, TrialRow.id == JobTrialRow.trial_id).where(*slots)
    query = query.where(JobTrialRow.trial_state == TrialState.SUCCEEDED).order_by(JobTrialRow.arm, JobTrialRow.seed)
    return [(link, trial) for link, trial in session.execute(query).all()]
