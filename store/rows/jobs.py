"""Job rows: their life from accepted to done. Every change of state writes an event with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from api_schemas.base import RequestModel
from api_schemas.failures import Failure
from api_schemas.jobs import (
    AugmentationRequest,
    ComparisonRequest,
    JobKind,
    JobState,
    Phase,
    TrainingRequest,
    TrialRequest,
)
from api_schemas.plans import Plan
from api_schemas.training.settings import as_accepted
from store.ids import is_identifier
from store.rows import chunks, conclusions, events, plans, state_machines, trials
from store.rows.accepting import new_jobs
from store.rows.accepting.new_jobs import AnyRequest, NewJob
from store.rows.answers import noting
from store.rows.state_machines import move
from store.rows.tables import DatasetRow, JobRow

Request = TypeVar("Request", bound=RequestModel)

_REQUESTS: dict[JobKind, type[AnyRequest]] = {
    JobKind.COMPARISON: ComparisonRequest,
    JobKind.TRAINING: TrainingRequest,
    JobKind.AUGMENTATION: AugmentationRequest,
}

# Whatever jobs have carried out for them: how to drop a job's units, and which jobs wait for some of them.
_DROP_UNITS = (trials.cancel_of_job, chunks.cancel_of_job, conclusions.cancel_of_job)
_WAITING_JOBS = (trials.jobs_of, chunks.jobs_of, conclusions.jobs_of)


def create(
    session: Session, request: AnyRequest, dataset: DatasetRow, now: float, deadline_at: float,
    traceparent: str | None = None,
) -> JobRow:  # fmt: skip
    """A queued job of the dataset's project, with labels and first event; its work is in that trace (W3C)."""
    new = NewJob(request, dataset, now, deadline_at, traceparent=traceparent)
    new_jobs.store(session, [new])
    return session.get_one(JobRow, new.id)


def find(session: Session, project: str, job_id: str) -> JobRow | None:
    """The project's row, or None."""
    return _of_project(session.get(JobRow, job_id) if is_identifier(job_id) else None, project)


def find_locked(session: Session, project: str, job_id: str) -> JobRow | None:
    """The same, held as by `locked`."""
    return _of_project(locked(session, job_id), project)


def _of_project(job: JobRow | None, project: str) -> JobRow | None:
    return None if job is None or job.project_id != project else job


def locked(session: Session, job_id: str) -> JobRow | None:
    """The row, held against other writers until the transaction ends. Its request is read where it is looked at.

    To be called before any unit of the job is written (docs/decisions/0016).
    """
    if not is_identifier(job_id):
        return None
    options = [defer(JobRow.request)]  # which may hold a model, and which few look at
    return session.get(JobRow, job_id, with_for_update=True, populate_existing=True, options=options)


def begin(session: Session, job: JobRow, phase: Phase, now: float) -> None:
    """A queued job starts running; a running one enters another phase."""
    is_first = job.state == JobState.QUEUED
    if is_first and move(session, state_machines.JOB, job.id, JobState.RUNNING, phase=phase, started_at=now):
        events.append(session, job.id, JobState.RUNNING, now, phase=phase)
    elif job.phase != phase:
        job.phase = phase
        events.append(session, job.id, "phase", now, phase=phase)
    session.flush()


def adopt_plan(session: Session, job: JobRow, plan: Plan, dataset: DatasetRow, now: float) -> bool:
    """Note the plan and give the job its next few hundred trials (see ``plans.fill``); whether these were all."""
    note_plan(session, job, plan, now)
    return plans.fill(session, job.id, trial_request_of(job), plan, dataset, now)


def note_plan(session: Session, job: JobRow, plan: Plan, now: float) -> None:
    """Keep a job's first plan, or one with a round more."""
    if job.plan is None or len(job.plan.get("rounds", ())) < len(plan.rounds):
        job.plan = plan.model_dump(mode="json")
        events.append(session, job.id, "planned", now, arms=len(plan.arms), trials=plan.trials, round=len(plan.rounds))
    session.flush()


def note_look(job: JobRow, now: float) -> None:
    """The planner has looked at the job to the end."""
    job.looked_at, job.failed_looks = now, 0


def note_failed_look(session: Session, job_id: str, failure: Failure, max_failures: int, now: float) -> None:
    """The planner failed over the job: it is looked at again, and failed itself after so many times in a row."""
    job = locked(session, job_id)
    if job is None or job.finished_at is not None:
        return
    job.looked_at, job.failed_looks = now, job.failed_looks + 1
    session.flush()
    if job.failed_looks >= max_failures:
        fail(session, job_id, failure, now)


def succeed(
    session: Session, job_id: str, report_artifact: str | None, now: float, artifacts: dict[str, Any] | None = None
) -> bool:
    """What was asked for is stored: a report, or files by name with their facts (see ``job_views``)."""
    results = {"report_artifact": report_artifact, "artifacts": artifacts}
    return _end(session, job_id, JobState.SUCCEEDED, now, **results)


def fail(session: Session, job_id: str, failure: Failure, now: float, report_artifact: str | None = None) -> bool:
    """The job cannot give what was asked for; a report says what there is."""
    if locked(session, job_id) is None:  # before its units
        return False
    results: dict[str, Any] = {"error": failure.model_dump(mode="json")}
    if report_artifact is not None:  # of an extended job, the report of before stays otherwise
        results["report_artifact"] = report_artifact
    _drop_units(session, job_id, now)
    return _end(session, job_id, JobState.FAILED, now, **results)


def cancel(session: Session, job: JobRow, now: float) -> JobState:
    """Drop a job's work. Returns its state: ``cancelling`` while a worker still has to stop."""
    if JobState(job.state).is_terminal:
        return JobState(job.state)
    if _drop_units(session, job.id, now):
        _end(session, job.id, JobState.CANCELLED, now)
    elif move(session, state_machines.JOB, job.id, JobState.CANCELLING):
        events.append(session, job.id, JobState.CANCELLING, now)
    session.refresh(job)
    return JobState(job.state)


def stop(session: Session, job: JobRow, now: float) -> str | None:
    """End a job's training now; the planner then reports on what is done. Returns why that cannot be, or None."""
    if job.state not in (JobState.QUEUED, JobState.RUNNING):
        return f"the job is {job.state}; there is nothing to stop"
    if not issubclass(_REQUESTS[JobKind(job.kind)], TrialRequest):
        return f"a job of kind {job.kind} has no report to stop for; cancel it instead"
    if job.plan is None:
        return "the job has not begun to train, so there is nothing to report; cancel it instead"
    if job.stop_requested_at is None:
        job.stop_requested_at = now
        events.append(session, job.id, "stopping", now)
        _drop_units(session, job.id, now)
        session.flush()
    return None


def extend(session: Session, job: JobRow, seeds: int, now: float, deadline_at: float) -> bool:
    """A comparison that has succeeded goes on to so many seeds per undecided arm; False where it has not succeeded.

    The planner adds the round of it. The report that is there stays until the next one is made.
    """
    plan = Plan.model_validate(job.plan)
    longer = plan.model_copy(update={"extensions": [*plan.extensions, seeds]}).model_dump(mode="json")
    extended = move(
        session, state_machines.EXTENDED_JOB, job.id, JobState.RUNNING,
        phase=Phase.TRAINING, plan=longer, finished_at=None, published_at=None, deadline_at=deadline_at,
    )  # fmt: skip
    if extended:
        events.append(session, job.id, "extended", now, seeds=seeds)
    return extended


def _drop_units(session: Session, job_id: str, now: float) -> bool:
    """Drop the work that only this job needs; True when none of it is running (any more)."""
    still = [drop for drop in _DROP_UNITS if not drop(session, job_id, now)]  # every one is asked
    return not still


def _end(session: Session, job_id: str, state: JobState, now: float, **values: Any) -> bool:
    ended = move(session, state_machines.JOB, job_id, state, phase=Phase.DONE, finished_at=now, **values)
    if ended:
        events.append(session, job_id, state, now)
        noting.note_end(session, job_id)
    return ended


def waiting_for(session: Session, unit_ids: Iterable[str]) -> list[str]:
    """The jobs that wait for any of these trials, chunks or conclusions."""
    ids = list(unit_ids)
    return [job_id for find_jobs in _WAITING_JOBS for job_id in find_jobs(session, ids)]


def settle_cancelled(session: Session, unit_id: str, now: float) -> None:
    """After a unit of work ended: jobs that only waited for it in order to be cancelled are cancelled now.

    The unit is held by then, and jobs are locked before their units: one that another has locked is passed over, as
    waiting for it might be for ever. It is cancelled when it is next looked at.
    """
    waiting = select(JobRow).where(JobRow.id.in_(waiting_for(session, [unit_id])), JobRow.state == JobState.CANCELLING)
    free = waiting.order_by(JobRow.id).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    for job in session.scalars(free).all():
        cancel(session, job, now)


def request_of(job: JobRow, kind: type[Request]) -> Request:
    """The request as it was accepted, by a job of that kind."""
    return kind.model_validate(job.request)


def trial_request_of(job: JobRow) -> TrialRequest:
    """The request of a job that trials carry out."""
    request = _REQUESTS[JobKind(job.kind)].model_validate(as_accepted(job.request))
    assert isinstance(request, TrialRequest), f"a job of kind {job.kind} has no trials"
    return request


def live_ids(session: Session) -> list[str]:
    """All jobs that are not over."""
    return list(session.scalars(select(JobRow.id).where(JobRow.finished_at.is_(None)).order_by(JobRow.id)))
