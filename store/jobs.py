"""Job rows: their life from accepted to done. Every change of state writes an event with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.failures import Failure
from api_schemas.jobs import ComparisonRequest, JobState
from api_schemas.plans import Plan
from api_schemas.trials import TrialState
from store import events, plans, transitions, trials
from store.ids import JOB, is_identifier, new_id
from store.tables import DatasetRow, JobLabelRow, JobRow, JobTrialRow
from store.transitions import move


class Phase:
    """What is going on inside a job."""

    WAITING = "waiting"
    INGESTING = "ingesting"
    TRAINING = "training"
    REPORTING = "reporting"
    DONE = "done"


def create(session: Session, request: ComparisonRequest, dataset: DatasetRow, now: float, deadline_at: float) -> JobRow:
    """A queued job, with its labels and its first event."""
    row = JobRow(
        id=new_id(JOB), kind=request.kind, state=JobState.QUEUED, phase=Phase.WAITING,
        request=request.model_dump(mode="json"), labels=dict(request.labels), dataset_id=dataset.id,
        deadline_at=deadline_at, created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add_all(JobLabelRow(job_id=row.id, key=key, value=value) for key, value in request.labels.items())
    events.append(session, row.id, JobState.QUEUED, now)
    return row


def find(session: Session, job_id: str) -> JobRow | None:
    """The row, or None."""
    return session.get(JobRow, job_id) if is_identifier(job_id) else None


def locked(session: Session, job_id: str) -> JobRow | None:
    """The row, held against other writers until the transaction ends."""
    if not is_identifier(job_id):
        return None
    return session.get(JobRow, job_id, with_for_update=True, populate_existing=True)


def begin(session: Session, job: JobRow, phase: str, now: float) -> None:
    """A queued job starts running; a running one enters another phase."""
    if move(session, transitions.JOB, job.id, JobState.RUNNING, phase=phase, started_at=now):
        events.append(session, job.id, JobState.RUNNING, now, phase=phase)
    elif job.phase != phase:
        job.phase = phase
        events.append(session, job.id, "phase", now, phase=phase)
    session.flush()


def adopt_plan(session: Session, job: JobRow, plan: Plan, dataset: DatasetRow, now: float) -> None:
    """Give the job its trials: existing ones where they fit, new ones where they do not.

    Called again, it fills only the places that a cancel of another job has emptied.
    """
    request = request_of(job)
    assert dataset.digest is not None, "a plan is adopted only once the dataset is ready"
    filled = {
        (link.arm, link.seed) for link, trial in trials.of_job(session, job.id) if trial.state != TrialState.CANCELLED
    }
    for arm, seed in plans.places(plan):
        if (arm.name, seed) in filled:
            continue
        definition = plans.trial_definition(request, arm, seed, dataset.digest)
        trial, reused = trials.ensure(
            session, definition, setting=plans.setting_of(definition),
            dataset_id=dataset.id, queue=request.device, now=now,
        )  # fmt: skip
        session.merge(JobTrialRow(job_id=job.id, arm=arm.name, seed=seed, trial_id=trial.id, reused=reused))
    if job.plan is None:
        job.plan = plan.model_dump(mode="json")
        events.append(session, job.id, "planned", now, arms=len(plan.arms), trials=plan.trials)
    session.flush()


def succeed(session: Session, job_id: str, report_artifact: str, now: float) -> bool:
    """The report is stored."""
    return _end(session, job_id, JobState.SUCCEEDED, now, report_artifact=report_artifact)


def fail(session: Session, job_id: str, failure: Failure, now: float, report_artifact: str | None = None) -> bool:
    """The job cannot give what was asked for; a report says what there is."""
    error = failure.model_dump(mode="json")
    trials.cancel_of_job(session, job_id, now)
    return _end(session, job_id, JobState.FAILED, now, error=error, report_artifact=report_artifact)


def cancel(session: Session, job: JobRow, now: float) -> JobState:
    """Drop a job's work. Returns its state: ``cancelling`` while a worker still has to stop."""
    if JobState(job.state).is_terminal:
        return JobState(job.state)
    if trials.cancel_of_job(session, job.id, now):
        _end(session, job.id, JobState.CANCELLED, now)
    elif move(session, transitions.JOB, job.id, JobState.CANCELLING):
        events.append(session, job.id, JobState.CANCELLING, now)
    session.refresh(job)
    return JobState(job.state)


def _end(session: Session, job_id: str, state: JobState, now: float, **values: Any) -> bool:
    ended = move(session, transitions.JOB, job_id, state, phase=Phase.DONE, finished_at=now, **values)
    if ended:
        events.append(session, job_id, state, now)
    return ended


def settle_cancelled(session: Session, trial_id: str, now: float) -> None:
    """After a trial ended: jobs that only waited for it in order to be cancelled are cancelled now."""
    for job_id in trials.jobs_of(session, [trial_id]):
        job = locked(session, job_id)
        if job is not None and job.state == JobState.CANCELLING:
            cancel(session, job, now)


def request_of(job: JobRow) -> ComparisonRequest:
    """The request as it was accepted."""
    return ComparisonRequest.model_validate(job.request)


def live_ids(session: Session) -> list[str]:
    """All jobs that are not over."""
    return list(session.scalars(select(JobRow.id).where(JobRow.finished_at.is_(None)).order_by(JobRow.id)))
