"""The trial whose model a chunk asks: for probes, under conditions, and for the last score."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.training.trials import TrialState
from store.rows.tables import JobRow, JobTrialRow, TrialRow


def trained_trial(session: Session, job: JobRow, arm: str, seed: int) -> TrialRow:
    """The job's trial of that arm and seed, which has succeeded: such chunks are asked for when it has.

    Raises:
        sqlalchemy.exc.NoResultFound: it is none of the job's any more.
    """
    of_slot = (JobTrialRow.job_id == job.id, JobTrialRow.arm == arm, JobTrialRow.seed == seed)
    of_job = select(TrialRow).join(JobTrialRow, JobTrialRow.trial_id == TrialRow.id)
    return session.scalars(of_job.where(*of_slot, TrialRow.state == TrialState.SUCCEEDED)).one()
