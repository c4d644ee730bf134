"""What comparisons and trainings share: a plan of arms and seeds, and the trials that fill them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import Phase
from api_schemas.plans import Plan
from api_schemas.training.trials import TrialState
from augury.planning import comparison
from augury.planning.split_problems import split_problem
from store import queue
from store.queue import Message
from store.rows import jobs, trials
from store.rows.questions import with_earlier_reports
from store.rows.tables import DatasetRow, JobRow, JobTrialRow, TrialRow

TrialSlots = Sequence[tuple[JobTrialRow, TrialRow]]
"""A job's arms on their seeds, each with the trial that fills it."""

_PHASES = {"comparison": Phase.TRAINING, "confirmation": Phase.CONFIRMING}


def has_plan(session: Session, job: JobRow, dataset: DatasetRow, now: float) -> bool:
    """Make the plan if there is none yet, and replace trials that another job's cancel took away.

    False when there can be none; the job has failed then.
    """
    facts = DatasetFacts.model_validate(dataset.facts)
    if job.plan is None or not job.plan.get("rounds"):  # plans had no rounds once
        request = jobs.trial_request_of(job)
        problem = split_problem(request.evaluation, facts, recommend=comparison.recommends(request))
        if problem is not None:
            jobs.fail(session, job.id, Failure.of(FailureClass.USER_INPUT, f"evaluation: {problem}"), now)
            return False
        plan = with_earlier_reports(session, request, comparison.plan_of(request, facts), dataset, job.id)
        jobs.adopt_plan(session, job, plan, dataset, now)
    elif job.stop_requested_at is None and _has_lost_trials(trials.of_job(session, job.id)):
        jobs.adopt_plan(session, job, Plan.model_validate(job.plan), dataset, now)
    elif job.phase == Phase.REPORTING:  # a planner that is called once too often finds the report being made
        return True
    jobs.begin(session, job, _phase_of(Plan.model_validate(job.plan)), now)
    return True


def _phase_of(plan: Plan) -> Phase:
    """What its trials are trained for: the last round's purpose."""
    return _PHASES[plan.rounds[-1].purpose]


def _has_lost_trials(slots: TrialSlots) -> bool:
    return any(trial.state == TrialState.CANCELLED for _, trial in slots)


def is_anything_left(job: JobRow, slots: TrialSlots) -> bool:
    """Whether a trial still has to be waited for. A job that is stopping waits for those only that stop with it."""
    unfinished = [trial for _, trial in slots if not TrialState(trial.state).is_terminal]
    if job.stop_requested_at is None:
        return bool(unfinished)
    return any(trial.cancel_requested_at is not None for trial in unfinished)


def publish_trials(job: JobRow, slots: TrialSlots, now: float) -> list[Message]:
    """Messages for trials that have none, seed by seed: a job that is ended early then has whole pairs."""
    if job.stop_requested_at is not None:
        return []
    in_order = sorted(slots, key=lambda slot: slot[0].seed)
    unpublished = {
        trial.id: trial for _, trial in in_order if trial.state == TrialState.QUEUED and trial.published_at is None
    }
    for trial in unpublished.values():
        trial.published_at = now
    return [queue.doorbell(job.queue) for _ in unpublished]
