"""Accepting a job: everything that a client may rely on is committed before it gets its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import Plan
from api_schemas.problems import FieldProblem
from service.problems import ProblemError
from service.resources import Resources
from store import datasets, idempotency, job_views, jobs, plans, queue
from store.canonical import digest
from store.tables import DatasetRow

_ASSUMED_DTYPE = "uint8"  # of a dataset that was not looked into yet; the plan is settled when it is


@dataclass(frozen=True)
class Accepted:
    """The answer to a submission."""

    job: dict[str, Any]
    replayed: bool


def submit(resources: Resources, request: ComparisonRequest, idempotency_key: str | None) -> Accepted:
    """Record a job and hand it to the queue, once per idempotency key.

    Raises:
        ProblemError: the key came before with another request, or the dataset cannot be split as asked.
    """
    fingerprint = digest(request.model_dump(mode="json"))
    with resources.database.writing() as session:
        if idempotency_key is not None:
            first = _first_answer(session, idempotency_key, fingerprint)
            now = resources.database.now(session)
            if first is None and not idempotency.reserve(session, idempotency_key, fingerprint, now):
                first = _first_answer(session, idempotency_key, fingerprint)
            if first is not None:
                return Accepted(first, replayed=True)
        job = _create(resources, session, request)
        if idempotency_key is not None:
            idempotency.remember(session, idempotency_key, job["id"], job)
    resources.relay.hand(queue.ADVANCE, job["id"], queue.CONTROL)
    return Accepted(job, replayed=False)


def _create(resources: Resources, session: Session, request: ComparisonRequest) -> dict[str, Any]:
    now = resources.database.now(session)
    dataset = datasets.register(session, request.dataset.model_dump(mode="json"), now)
    _refuse_impossible_split(request, dataset)
    row = jobs.create(session, request, dataset, now, now + 3600 * resources.settings.job_deadline_hours)
    session.flush()
    return job_views.to_wire(session, row, now).model_dump(mode="json")


def preview_plan(resources: Resources, request: ComparisonRequest) -> Plan:
    """What the request amounts to, without storing anything.

    Raises:
        ProblemError: the dataset cannot be split as asked.
    """
    with resources.database.reading() as session:
        dataset = datasets.find(session, request.dataset.model_dump(mode="json"))
        if dataset is None or dataset.facts is None:
            return plans.plan_comparison(request, _ASSUMED_DTYPE)
        _refuse_impossible_split(request, dataset)
        plan = plans.plan_comparison(request, dataset.facts["dtype"])
        return plans.with_reuse_and_estimate(session, request, plan, dataset)


def _refuse_impossible_split(request: ComparisonRequest, dataset: DatasetRow) -> None:
    if dataset.facts is None:
        return
    obstacle = plans.split_obstacle(request.evaluation, list(dataset.facts["classes"].values()))
    if obstacle is not None:
        errors = [FieldProblem(location="body.evaluation", message=obstacle)]
        raise ProblemError(422, "invalid-request", "the dataset cannot be split as asked; nothing was stored", errors)


def _first_answer(session: Session, key: str, fingerprint: str) -> dict[str, Any] | None:
    try:
        return idempotency.first_answer(session, key, fingerprint)
    except idempotency.KeyReusedError:
        raise ProblemError(
            422, "idempotency-key-reused", "this Idempotency-Key came before with another request; use a new key"
        ) from None
