"""Accepting a job: everything that a client may rely on is committed before it gets its answer."""

from __future__ import annotations

from functools import partial
from typing import Any

import structlog
from sqlalchemy.orm import Session

from api_schemas.jobs import JobRequest
from api_schemas.plans import AugmentationPlan, Plan
from augury.planning.canonical import digest
from augury.telemetry import traces
from service.auth.asked import this_request
from service.datasets import registration
from service.datasets.registration import ResolvedReference
from service.http.idempotency import Accepted, create_idempotently
from service.jobs import kinds
from service.jobs.conditions import other_datasets_of, require_judgeable
from service.jobs.earlier_requests import earlier_fingerprints
from service.jobs.use import names_in
from service.models import choice
from service.quotas import room
from service.resources import Resources
from service.specs import findings
from service.webhooks.managing import require_there
from store import queue
from store.rows import jobs
from store.rows.idempotency import Fingerprint
from store.rows.needs import other_datasets
from store.rows.outbox import messages
from store.rows.quotas import counting
from store.rows.views import job_views

log = structlog.get_logger(__name__)


def submit(resources: Resources, project: str, request: JobRequest, sent: str, idempotency_key: str | None) -> Accepted:
    """Record a project's job and hand it to the queue, once per key. *sent* is the digest of the body as it was sent.

    Raises:
        ProblemError: the key came before with another request, the dataset does not allow what is asked, or it is
            more than one job may ask for, or than the project may have.
    """
    asked, traceparent = this_request(), traces.current()
    resolved = registration.resolve(resources, project, request.dataset)
    choice.have_weights_read(resources, project, request)
    with resources.database.reading() as session:  # before the write transaction, which nobody should wait for
        known = registration.find(session, resolved)
        with_content = choice.with_content(session, project, request)
        choice.require_fitting(session, project, with_content, registration.facts_of(known))
        amount = kinds.require_affordable(session, project, request, known, resources.settings.effort_limits)
        found = findings.of_request(session, request, resolved)
    resources.uses.note(resources.database, project, names_in(with_content, known))
    fingerprint = Fingerprint(digest(request.model_dump(mode="json")), sent, partial(earlier_fingerprints, request))
    with resources.database.writing() as session:
        now = resources.database.now(session)
        accepted = create_idempotently(
            session, project, idempotency_key, fingerprint, now,
            lambda: _create(resources, session, request, resolved, found, amount, traceparent),
        )  # fmt: skip
        if not accepted.replayed:
            asked.note(session, project, now, accepted.body["id"])
    if not accepted.replayed:
        traces.annotate({"augury.job.id": accepted.body["id"]})
        log.info("a job was accepted", job=accepted.body["id"], kind=request.kind)
        resources.publisher.publish(queue.ADVANCE, accepted.body["id"], queue.CONTROL)
    return accepted


def _create(
    resources: Resources,
    session: Session,
    request: JobRequest,
    resolved: ResolvedReference,
    found: findings.Findings,
    amount: kinds.Amount,
    traceparent: str | None,
) -> dict[str, Any]:
    now = resources.database.now(session)
    room.require_room_for_job(resources, session, resolved.project, amount.trials, now)
    if amount.leaves_files:
        room.require_room_for_files(resources, session, resolved.project, amount.stored_bytes)
    dataset = registration.get_or_register(resources, session, resolved, now)
    kinds.require_feasible(request, dataset)
    require_there(session, dataset.project_id, request.notify)
    request = choice.with_content(session, dataset.project_id, request)
    choice.require_fitting(session, dataset.project_id, request, registration.facts_of(dataset))
    require_judgeable(session, dataset.project_id, request, dataset)
    deadline_at = now + 3600 * resources.settings.job_deadline_hours
    row = jobs.create(session, request, dataset, now, deadline_at, traceparent)
    counting.reserve(row, amount.trials)
    session.flush()
    other_datasets.note(session, row.id, (each.dataset for each in other_datasets_of(request)))
    messages.note_named(session, row, request.notify)
    session.flush()
    job = job_views.to_wire(session, row, now).model_copy(update={"findings": found})
    return job.model_dump(mode="json")


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
        choice.require_fitting(session, project, request, registration.facts_of(dataset))
        if dataset is not None:
            kinds.require_feasible(request, dataset)
        require_judgeable(session, project, request, dataset)
        require_there(session, project, request.notify)
        kinds.require_affordable(session, project, request, dataset, resources.settings.effort_limits)
        plan = kinds.plan_of(session, project, request, dataset, resources.database.now(session))
        return plan.model_copy(update={"findings": findings.of_request(session, request, resolved)})
