"""Trial rows: content-addressed units of training that jobs share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session, aliased

from api_schemas.base import optional_timestamp, timestamp
from api_schemas.failures import Failure
from api_schemas.jobs import JobState
from api_schemas.training.trials import Trial, TrialResult, TrialState
from augury.planning.trial_definition import TrialDefinition
from store.database import insert_or_find
from store.ids import TRIAL, new_id
from store.rows import leases, state_machines
from store.rows.leases import Lease
from store.rows.state_machines import move
from store.rows.tables import JobRow, JobTrialRow, TrialRow

LIVE_STATES = (TrialState.QUEUED, TrialState.RUNNING, TrialState.SUCCEEDED)
LIVE_JOB_STATES = (JobState.QUEUED, JobState.RUNNING)


def find_live(session: Session, key: str) -> TrialRow | None:
    """The trial with this key that is waiting, running or done."""
    query = select(TrialRow).where(TrialRow.key == key, TrialRow.state.in_(LIVE_STATES))
    return session.scalar(query.with_for_update())


def is_trained(session: Session, key: str) -> bool:
    """Whether a trial with this key has given its result already."""
    query = select(TrialRow.id).where(TrialRow.key == key, TrialRow.state == TrialState.SUCCEEDED)
    return session.scalar(query) is not None


def ensure(
    session: Session, definition: TrialDefinition, *, dataset_id: str, queue: str, now: float
) -> tuple[TrialRow, bool]:
    """The live trial for a definition, and whether it was there already."""
    key = definition.key()
    existing = find_live(session, key)
    if existing is not None:
        return existing, True
    row = TrialRow(
        id=new_id(TRIAL), key=key, setting=definition.setting(), dataset_id=dataset_id,
        definition=definition.canonical(), queue=queue, state=TrialState.QUEUED, attempts=0, epoch=0,
        epochs=definition.training.epochs, created_at=now,
    )  # fmt: skip
    kept = insert_or_find(session, row, lambda: find_live(session, key))
    return kept, kept is not row


def succeed(session: Session, lease: Lease, result: TrialResult, now: float) -> bool:
    """Record what a training run measured; False when the lease was lost."""
    return leases.finish(
        session, lease, TrialState.SUCCEEDED, now=now, epoch=result.epochs, result=result.model_dump(mode="json")
    )


def fail(session: Session, lease: Lease, failure: Failure, now: float) -> bool:
    """Record why a training run gave no result; False when the lease was lost."""
    return leases.finish(session, lease, TrialState.FAILED, now=now, error=failure.model_dump(mode="json"))


def cancel_of_job(session: Session, job_id: str, now: float) -> bool:
    """Drop the trials that only this job needs; True when none of them is running (any more).

    Queued ones end at once; running ones are asked to stop and end when their worker has stopped.
    """
    doomed = session.scalars(
        select(TrialRow)
        .join(JobTrialRow, JobTrialRow.trial_id == TrialRow.id)
        .where(
            JobTrialRow.job_id == job_id,
            TrialRow.state.in_((TrialState.QUEUED, TrialState.RUNNING)),
            ~_needed_by_another_job(job_id),
        )
    ).all()
    for trial in doomed:
        unclaimed = TrialRow.state == TrialState.QUEUED
        if not move(session, state_machines.TRIAL, trial.id, TrialState.CANCELLED, unclaimed, finished_at=now):
            session.refresh(trial)
            trial.cancel_requested_at = trial.cancel_requested_at or now
    session.flush()
    return all(TrialState(trial.state).is_terminal for trial in doomed)


def _needed_by_another_job(job_id: str) -> ColumnElement[bool]:
    link = aliased(JobTrialRow)
    return exists().where(
        link.trial_id == TrialRow.id,
        link.job_id != job_id,
        JobRow.id == link.job_id,
        JobRow.state.in_(LIVE_JOB_STATES),
    )


def jobs_of(session: Session, trial_ids: Iterable[str]) -> Sequence[str]:
    """The jobs that wait for any of these trials."""
    query = (
        select(JobTrialRow.job_id)
        .distinct()
        .join(JobRow, JobRow.id == JobTrialRow.job_id)
        .where(JobTrialRow.trial_id.in_(list(trial_ids)), JobRow.finished_at.is_(None))
    )
    return session.scalars(query).all()


def of_job(session: Session, job_id: str) -> list[tuple[JobTrialRow, TrialRow]]:
    """A job's slots (an arm on a seed) and the trials that fill them, in the order of arms and seeds."""
    query = (
        select(JobTrialRow, TrialRow)
        .join(TrialRow, TrialRow.id == JobTrialRow.trial_id)
        .where(JobTrialRow.job_id == job_id)
        .order_by(JobTrialRow.arm, JobTrialRow.seed)
    )
    return [(link, trial) for link, trial in session.execute(query).all()]


def forget(session: Session, older_than: float, limit: int) -> list[str]:
    """Remove trials that ended before then and are in no job any more; their ids, as their files can go, too."""
    has_job = exists().where(JobTrialRow.trial_id == TrialRow.id)
    query = select(TrialRow.id).where(TrialRow.finished_at < older_than, ~has_job).limit(limit)
    forgotten = list(session.scalars(query))
    session.execute(delete(TrialRow).where(TrialRow.id.in_(forgotten)))
    return forgotten


def mean_seconds(session: Session, setting: str, recent: int = 50) -> float | None:
    """Mean measured seconds of a setting's latest finished trials (see ``TrialDefinition.setting``), or None."""
    results = session.scalars(
        select(TrialRow.result)
        .where(TrialRow.setting == setting, TrialRow.state == TrialState.SUCCEEDED)
        .order_by(TrialRow.finished_at.desc())
        .limit(recent)
    ).all()
    seconds = [result["seconds"] for result in results if result]
    return sum(seconds) / len(seconds) if seconds else None


def to_wire(link: JobTrialRow, row: TrialRow) -> Trial:
    """The trial as clients of the job see it."""
    state = TrialState(row.state)
    return Trial(
        id=row.id,
        arm=link.arm,
        seed=link.seed,
        state=state,
        is_terminal=state.is_terminal,
        reused=link.reused,
        attempts=row.attempts,
        epoch=row.epoch,
        epochs=row.epochs,
        key=row.key,
        spec=row.definition["spec"],  # as it was stored, so that trials of every version can be shown
        result=None if row.result is None else TrialResult.model_validate(row.result),
        error=None if row.error is None else Failure.model_validate(row.error),
        created_at=timestamp(row.created_at),
        started_at=optional_timestamp(row.started_at),
        finished_at=optional_timestamp(row.finished_at),
    )
