"""Accepting jobs: everything that a client may rely on is committed before it gets its answer.

Requests that come together are accepted by one transaction (`service.groups`), with as many statements as one of them
takes. What is wrong with one of them is its own affair: nothing is written before each was checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import OperationalError

from api_schemas.jobs import JobRequest
from api_schemas.plans import AugmentationPlan, Plan
from service.datasets import registration
from service.http.idempotency import Accepted, replay
from service.http.problem import ProblemError
from service.jobs import kinds
from service.jobs.conditions import require_judgeable
from service.jobs.creation import Creation
from service.jobs.preparing import Datasets, Prepared, Submission, prepare, prepare_alone
from service.models import choice
from service.resources import Resources
from service.specs import findings
from store import queue
from store.database import is_conflict
from store.rows import idempotency
from store.rows.idempotency import KeyOfProject

Outcome = Accepted | Exception


async def submit(resources: Resources, submission: Submission) -> Accepted:
    """Record a project's job and hand it to the queue, once per key.

    Raises:
        ProblemError: the key came before with another request, the dataset does not allow what is asked, or it is
            more than one job may ask for.
    """
    if not submission.is_light:
        prepared = await run_in_threadpool(prepare_alone, resources, submission)
        submission = replace(submission, prepared=prepared)
    return await resources.submissions.outcome_of(submission)


def accept_all(resources: Resources, group: Sequence[Submission]) -> list[Outcome]:
    """What came of each of these requests, in their order."""
    keys: set[KeyOfProject] = set()
    first: list[int] = []
    again: list[int] = []
    for number, submission in enumerate(group):
        (again if submission.key in keys else first).append(number)
        if submission.key is not None:
            keys.add(submission.key)
    outcomes = dict(zip(first, _accept(resources, [group[number] for number in first]), strict=True))
    if again:  # the answers to their keys are there now
        outcomes |= zip(again, accept_all(resources, [group[number] for number in again]), strict=True)
    return [outcomes[number] for number in range(len(group))]


def _accept(resources: Resources, group: Sequence[Submission]) -> list[Outcome]:
    """Together; one by one where that fails for another reason than that the database is away."""
    try:
        return _accept_together(resources, group)
    except Exception as error:
        if len(group) == 1 or (isinstance(error, OperationalError) and not is_conflict(error)):
            return [error] * len(group)
    return [outcome for submission in group for outcome in _accept(resources, [submission])]


def _accept_together(resources: Resources, group: Sequence[Submission]) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    ready: dict[int, Prepared] = {}
    with resources.database.reading() as session:  # before the transaction that writes, which nobody should wait for
        known = idempotency.first_rows(session, _keys_of(group))
        datasets = Datasets()
        for number, submission in enumerate(group):
            try:
                row = known.get(submission.key) if submission.key else None
                if row is not None:
                    outcomes[number] = replay(row, submission.fingerprint)
                else:
                    ready[number] = submission.prepared or prepare(resources, session, datasets, submission)
            except ProblemError as refusal:
                outcomes[number] = refusal
    if ready:
        with resources.database.writing() as session:
            creation = Creation(session, resources.database.now(session), resources.settings.job_deadline_hours)
            outcomes |= creation.create({number: (group[number], prepared) for number, prepared in ready.items()})
    for outcome in outcomes.values():
        if isinstance(outcome, Accepted) and not outcome.replayed:
            resources.publisher.publish(queue.ADVANCE, outcome.id, queue.CONTROL)
    return [outcomes[number] for number in range(len(group))]


def _keys_of(group: Sequence[Submission]) -> list[KeyOfProject]:
    return [submission.key for submission in group if submission.key is not None]


def preview_plan(resources: Resources, project: str, request: JobRequest) -> Plan | AugmentationPlan:
    """What the request amounts to, without storing anything.

    Raises:
        ProblemError: the dataset does not allow what is asked, or that is more than one job may ask for.
    """
    resolved = registration.resolve(resources, project, request.dataset)
    registration.require_allowed(resolved)
    with resources.database.reading() as session:
        request = choice.with_content(session, project, request)
        dataset = registration.find(session, resolved)
        facts = registration.facts_of(dataset)
        choice.require_fitting(session, project, request, facts)
        kinds.require_feasible(request, facts)
        require_judgeable(session, project, request, dataset)
        kinds.require_affordable(session, project, request, facts, resources.settings.effort_limits)
        plan = kinds.plan_of(session, project, request, dataset, resources.database.now(session))
        return plan.model_copy(update={"findings": findings.of_request(request, facts)})
