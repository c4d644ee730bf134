"""Accepting jobs: everything that a client may rely on is committed before it gets its answer.

Requests that come together are accepted by one transaction (`service.together.groups`), with as many statements as
one of them takes. What is wrong with one of them is its own affair: nothing is written before each was checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import structlog
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import OperationalError

from api_schemas.jobs import JobRequest
from api_schemas.plans import AugmentationPlan, Plan
from augury.telemetry import traces
from service.auth.asked import this_request
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
from service.webhooks.managing import require_there
from store import queue
from store.database import is_conflict
from store.rows import idempotency
from store.rows.idempotency import KeyOfProject

Outcome = Accepted | Exception

log = structlog.get_logger(__name__)


async def submit(resources: Resources, submission: Submission) -> Accepted:
    """Record a project's job and hand it to the queue, once per key.

    Raises:
        ProblemError: the key came before with another request, the dataset does not allow what is asked, or it is
            more than one job may ask for, or than the project may have.
    """
    if not submission.is_light:
        prepared = await run_in_threadpool(prepare_alone, resources, submission)
        submission = replace(submission, prepared=prepared)
    accepted = await resources.submissions.outcome_of(submission)
    if not accepted.replayed:
        traces.annotate({"augury.job.id": accepted.id})
        log.info("a job was accepted", job=accepted.id, kind=submission.request.kind)
    return accepted


def accept_all(resources: Resources, group: Sequence[Submission]) -> list[Outcome]:
    """What came of each of these requests, in their order.

    They are accepted together, and one by one where that breaks down over one of them, before anything is committed.
    """
    try:
        return _accept_together(resources, group)
    except _NothingStoredError as failure:
        if len(group) == 1:
            return [failure.error]
    except OperationalError as error:
        if len(group) == 1 or not is_conflict(error):
            return [error] * len(group)
    except Exception as error:  # of a commit, of which nobody knows whether it was carried out
        return [error] * len(group)
    return [outcome for submission in group for outcome in accept_all(resources, [submission])]


def _accept_together(resources: Resources, group: Sequence[Submission]) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    ready, again = _ready(resources, group, outcomes)
    for submission, prepared in ready.values():
        resources.uses.note(resources.database, submission.project, prepared.names)
    if ready:
        with resources.database.writing() as session, _nothing_stored():
            creation = Creation(resources, session, resources.database.now(session))
            outcomes |= creation.create(ready)
            again += creation.postponed
    for outcome in outcomes.values():
        if isinstance(outcome, Accepted) and not outcome.replayed:
            resources.publisher.publish(queue.ADVANCE, outcome.id, queue.CONTROL)
    if again:  # the answers to their keys, and the jobs that count with theirs, are there now
        outcomes |= zip(again, accept_all(resources, [group[number] for number in again]), strict=True)
    return [outcomes[number] for number in range(len(group))]


def _ready(
    resources: Resources, group: Sequence[Submission], outcomes: dict[int, Outcome]
) -> tuple[dict[int, tuple[Submission, Prepared]], list[int]]:
    """Those that may be accepted, and those whose key comes a second time; what is known of others is an outcome.

    It is found out before the transaction that writes, for which others wait.
    """
    ready: dict[int, tuple[Submission, Prepared]] = {}
    again: list[int] = []
    with resources.database.reading() as session, _nothing_stored():
        known, taken = idempotency.first_rows(session, _keys_of(group)), set[KeyOfProject]()
        datasets = Datasets(dict(resources.datasets.facts), resources.datasets.rows)
        for number, submission in enumerate(group):
            row = known.get(submission.key) if submission.key else None
            if row is None and submission.key in taken:
                again.append(number)
                continue
            try:
                if row is not None:
                    outcomes[number] = replay(row, submission.fingerprint)
                    continue
                prepared = submission.prepared or prepare(resources, session, datasets, submission)
            except ProblemError as refusal:
                outcomes[number] = refusal
            else:
                ready[number] = submission, prepared
                taken |= set() if submission.key is None else {submission.key}
    return ready, again


class _NothingStoredError(Exception):
    """Something went wrong before the commit; *error* says what."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def _nothing_stored() -> Iterator[None]:
    """Tell what goes wrong in the block from what does at its transaction's end. A database that is away is neither."""
    try:
        yield
    except OperationalError:
        raise
    except Exception as error:
        raise _NothingStoredError(error) from error


def _keys_of(group: Sequence[Submission]) -> list[KeyOfProject]:
    return [submission.key for submission in group if submission.key is not None]


def preview_plan(resources: Resources, project: str, request: JobRequest) -> Plan | AugmentationPlan:
    """What the request amounts to, without storing anything.

    Raises:
        ProblemError: the dataset does not allow what is asked, or that is more than one job may ask for.
    """
    this_request().changes_nothing()
    resolved = registration.resolve(resources, project, request.dataset)
    registration.require_allowed(resolved)
    with resources.database.reading() as session:
        request = choice.with_content(session, project, request)
        dataset = registration.find(session, resolved)
        facts = registration.facts_of(dataset)
        choice.require_fitting(session, project, request, facts)
        kinds.require_feasible(request, facts)
        require_judgeable(session, project, request, dataset)
        require_there(session, project, request.notify)
        kinds.require_affordable(session, project, request, facts, resources.settings.effort_limits)
        plan = kinds.plan_of(session, project, request, dataset, resources.database.now(session))
        return plan.model_copy(update={"findings": findings.of_request(request, facts)})
