"""The planner of comparisons: trains every arm on every seed, then reports."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import Plan
from api_schemas.trials import TrialState
from store import jobs, plans, queue, trials
from store.jobs import Phase
from store.tables import DatasetRow, JobRow
from workers.context import Context
from workers.failures import failure_of
from workers.planning.steps import Message, Step
from workers.reports.comparison import build_report


def next_step(session: Session, job: JobRow, dataset: DatasetRow, now: float) -> Step:
    """Make the plan, publish the trials that are due, or have the report made."""
    if not _has_plan(session, job, dataset, now):
        return Step()
    places = trials.of_job(session, job.id)
    if all(TrialState(trial.state).is_terminal for _, trial in places):
        jobs.begin(session, job, Phase.REPORTING, now)
        return Step(conclude=_report)
    return Step(_publish_trials(session, job, now))


def _has_plan(session: Session, job: JobRow, dataset: DatasetRow, now: float) -> bool:
    """Make the plan if there is none yet, and replace trials that another job's cancel took away."""
    assert dataset.facts is not None
    request = jobs.request_of(job, ComparisonRequest)
    if job.plan is None:
        obstacle = plans.split_obstacle(request.evaluation, list(dataset.facts["classes"].values()))
        if obstacle is not None:
            jobs.fail(session, job.id, Failure.of(FailureClass.USER_INPUT, f"evaluation: {obstacle}"), now)
            return False
        plan = plans.plan_comparison(request, dataset.facts["dtype"])
    else:
        plan = Plan.model_validate(job.plan)
    states = {trial.state for _, trial in trials.of_job(session, job.id)}
    if job.plan is None or TrialState.CANCELLED in states:
        jobs.adopt_plan(session, job, plan, dataset, now)
    jobs.begin(session, job, Phase.TRAINING, now)
    return True


def _publish_trials(session: Session, job: JobRow, now: float) -> list[Message]:
    """Messages for trials that have none, seed by seed: a job that is ended early then has whole pairs."""
    in_order = sorted(trials.of_job(session, job.id), key=lambda place: place[0].seed)
    unpublished = {
        trial.id: trial for _, trial in in_order if trial.state == TrialState.QUEUED and trial.published_at is None
    }
    for trial in unpublished.values():
        trial.published_at = now
    return [(queue.RUN_TRIAL, trial.id, trial.queue) for trial in unpublished.values()]


def _report(context: Context, job_id: str) -> None:
    try:
        report = build_report(context.database, job_id)
    except Exception as error:  # a job must not wait for ever for a report that cannot be made
        failure = failure_of(error, "report")
        with context.database.writing() as session:
            jobs.fail(session, job_id, failure, context.database.now(session))
        return
    name = f"jobs/{job_id}/report.json"
    context.artifacts.write(name, report.model_dump_json(indent=2).encode())
    with context.database.writing() as session:
        now = context.database.now(session)
        failed = [failed for arm in report.arms for failed in arm.failed_trials]
        if failed:
            jobs.fail(session, job_id, _failure_of_job(failed[0].error, len(failed), report.cost.trials), now, name)
        else:
            jobs.succeed(session, job_id, name, now)


def _failure_of_job(first: Failure, failed: int, total: int) -> Failure:
    return Failure.of(
        first.failure_class,
        f"{failed} of {total} trials gave no result; the report covers the others. The first said: {first.message}",
    )
