"""What comparisons and trainings share: a plan of arms and seeds, and the trials that fill them.

A planner is called whenever a trial has ended. What it asks for until a round is over are counts: how many slots have
trials of which state. Results, definitions and curves are read when there is something to conclude, and once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import Phase
from api_schemas.plans import Plan
from api_schemas.training.trials import TrialState
from augury.planning import comparison
from augury.planning.final_scores import with_final_scores
from augury.planning.metric_problems import metric_problem
from augury.planning.responses import data_problem
from augury.planning.split_problems import split_problem, test_problem
from augury.planning.training_problems import training_problem
from store import queue
from store.queue import Message
from store.rows import jobs, plans, trials
from store.rows.questions import with_earlier_reports
from store.rows.tables import DatasetRow, JobRow

_PHASES = {"confirmation": Phase.CONFIRMING}
"""By the purpose of the last round; for all others it is training."""
_UNFINISHED = (TrialState.QUEUED, TrialState.RUNNING)


@dataclass(frozen=True)
class Standing:
    """How a job with a plan stands."""

    messages: list[Message]
    """To be published."""
    is_waiting: bool
    """For trials that run or are still to be made; where it is not, there is something to conclude."""


def stand(session: Session, job: JobRow, dataset: DatasetRow, now: float) -> Standing | None:
    """Make the plan if there is none yet, give it the next few hundred trials that it lacks, and ring for those.

    None where there can be no plan; the job has failed then.
    """
    if (job.plan is None or not job.plan.get("rounds")) and not _has_plan(session, job, dataset, now):
        return None
    assert job.plan is not None
    by_state = plans.slots_by_state(session, job.id)
    is_filled = job.stop_requested_at is not None or plans.is_filled(job.plan, by_state)
    if not is_filled:  # a large plan, or one that the cancel of another job has taken trials from
        is_filled = jobs.adopt_plan(session, job, Plan.model_validate(job.plan), dataset, now)
        by_state = plans.slots_by_state(session, job.id)
    if job.phase != Phase.REPORTING or _is_waiting(session, job, by_state):  # else the report is just being made
        jobs.begin(session, job, _PHASES.get(job.plan["rounds"][-1].get("purpose"), Phase.TRAINING), now)
    messages = _ring_for_trials(session, job, now)
    if not is_filled:
        messages.append((queue.ADVANCE, job.id, queue.CONTROL))
    return Standing(messages, not is_filled or _is_waiting(session, job, by_state))


def _has_plan(session: Session, job: JobRow, dataset: DatasetRow, now: float) -> bool:
    """Note the plan, which can be carried out; its trials come afterwards."""
    request, facts = jobs.trial_request_of(job), DatasetFacts.model_validate(dataset.facts)
    plan = comparison.plan_of(request, facts)
    evaluation = request.evaluation
    problems = {
        "evaluation": split_problem(evaluation, facts, recommend=comparison.recommends(request))
        or test_problem(evaluation, facts)
        or metric_problem(evaluation, facts),
        "training": training_problem(request.training, facts),
        "data_response": data_problem(request, facts, plan.held_out),
    }
    problem = next((f"{field}: {problem}" for field, problem in problems.items() if problem is not None), None)
    if problem is not None:
        jobs.fail(session, job.id, Failure.of(FailureClass.USER_INPUT, problem), now)
        return False
    test = None if evaluation.test_dataset is None else session.get(DatasetRow, evaluation.test_dataset)
    if test is not None and test.facts is not None:
        plan = with_final_scores(plan, request, DatasetFacts.model_validate(test.facts))
    plan = with_earlier_reports(session, request, plan, dataset, job.id)
    jobs.note_plan(session, job, plan, now)
    return True


def _is_waiting(session: Session, job: JobRow, by_state: Mapping[str, int]) -> bool:
    """Whether a trial has to be waited for. A job that is stopping waits for those only that stop with it."""
    if not any(by_state.get(state) for state in _UNFINISHED):
        return False
    return job.stop_requested_at is None or trials.is_any_stopping(session, job.id)


def _ring_for_trials(session: Session, job: JobRow, now: float) -> list[Message]:
    """A ring for each trial that nobody was rung for yet."""
    if job.stop_requested_at is not None:
        return []
    return [queue.doorbell(job.queue)] * trials.take_for_publishing(session, job.id, now)
