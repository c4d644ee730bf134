"""Accepting a job: everything that a client may rely on is committed before it gets its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.jobs import JobRequest
from api_schemas.plans import AugmentationPlan, Plan
from service import findings, kinds
from service.problems import ProblemError
from service.resources import Resources
from store import datasets, idempotency, job_views, jobs, queue
from store.canonical import digest


@dataclass(frozen=True)
class Accepted:
    """The answer to a submission."""

    job: dict[str, Any]
    replayed: bool


def submit(resources: Resources, request: JobRequest, idempotency_key: str | None) -> Accepted:
    """Record a job and hand it to the queue, once per idempotency key.

    Raises:
        ProblemError: the key came before with another request, or the dataset does not allow what is asked.
    """
    fingerprint = digest(request.model_dump(mode="json"))
    with resources.database.reading() as session:  # before the write transaction, which nobody should wait for
        found = findings.of_request(session, request)
    with resources.database.writing() as session:
        if idempotency_key is not None:
            first = _first_answer(session, idempotency_key, fingerprint)
            now = resources.database.now(session)
            if first is None and not idempotency.reserve(session, idempotency_key, fingerprint, now):
                first = _first_answer(session, idempotency_key, fingerprint)
            if first is not None:
                return Accepted(first, replayed=True)
        job = _create(resources, session, request, found)
        if idempotency_key is not None:
            idempotency.remember(session, idempotency_key, job["id"], job)
    resources.relay.hand(queue.ADVANCE, job["id"], queue.CONTROL)
    return Accepted(job, replayed=False)


def _create(resources: Resources, session: Session, request: JobRequest, found: findings.Findings) -> dict[str, Any]:
    now = resources.database.now(session)
    dataset = datasets.register(session, request.dataset.model_dump(mode="json"), now)
    kinds.refuse_the_impossible(request, dataset)
    row = jobs.create(session, request, dataset, now, now + 3600 * resources.settings.job_deadline_hours)
    session.flush()
    job = job_views.to_wire(session, row, now).model_copy(update={"findings": found})
    return job.model_dump(mode="json")


def preview_plan(resources: Resources, request: JobRequest) -> Plan | AugmentationPlan:
    """What the request amounts to, without storing anything.

    Raises:
        ProblemError: the dataset does not allow what is asked.
    """
    with resources.database.reading() as session:
        dataset = datasets.find(session, request.dataset.model_dump(mode="json"))
        if dataset is not None:
            kinds.refuse_the_impossible(request, dataset)
        plan = kinds.plan_of(session, request, dataset)
        return plan.model_copy(update={"findings": findings.of_request(session, request)})


def _first_answer(session: Session, key: str, fingerprint: str) -> dict[str, Any] | None:
    try:
        return idempotency.first_answer(session, key, fingerprint)
    except idempotency.KeyReusedError:
        raise ProblemError(
            422, "idempotency-key-reused", "this Idempotency-Key came before with another request; use a new key"
        ) from None
