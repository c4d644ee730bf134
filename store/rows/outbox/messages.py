"""Writing down what webhooks are to be told: one row for each webhook that listens, and nothing where none does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.datasets.dataset import DatasetState
from api_schemas.events.types import JobEventType
from api_schemas.models.model import ModelState
from api_schemas.webhooks.delivery import DeliveryState
from api_schemas.webhooks.webhook import PING, EventType, WebhookState
from store.ids import MESSAGE, new_id
from store.rows.outbox.tables import DeliveryRow, JobWebhookRow, WebhookRow
from store.rows.tables import DatasetRow, JobRow, RegisteredModelRow

_LISTENING = (WebhookState.ACTIVE, WebhookState.PAUSED)
_QUEUE = "control"

_OF_JOBS: dict[str, EventType] = {
    JobEventType.RUNNING: "job.started",
    JobEventType.LOOKED: "job.looked",
    JobEventType.SUCCEEDED: "job.succeeded",
    JobEventType.FAILED: "job.failed",
    JobEventType.CANCELLED: "job.cancelled",
}
"""By the type of the job's event; of the others no webhook is told."""
_OF_DATASETS: dict[str, EventType] = {DatasetState.READY: "dataset.ready", DatasetState.FAILED: "dataset.failed"}
_OF_MODELS: dict[str, EventType] = {ModelState.READY: "model.ready", ModelState.FAILED: "model.failed"}
_OF_UNITS: dict[type[Any], tuple[str, dict[str, EventType]]] = {
    DatasetRow: ("dataset", _OF_DATASETS),
    RegisteredModelRow: ("model", _OF_MODELS),
}


def tell_of_job(session: Session, job_id: str, event_type: str, now: float, data: Mapping[str, Any]) -> None:
    """Tell whoever listens that something happened to a job. *data* is the event's."""
    told = _OF_JOBS.get(event_type)
    if told is None:
        return
    is_named = select(JobWebhookRow.job_id).where(
        JobWebhookRow.job_id == job_id, JobWebhookRow.webhook_id == WebhookRow.id
    )
    listening = (WebhookRow.state.in_(_LISTENING), or_(WebhookRow.jobs == "all", is_named.exists()))
    query = (
        select(WebhookRow, JobRow.kind, JobRow.state)
        .join(JobRow, and_(JobRow.project_id == WebhookRow.project_id, JobRow.id == job_id))
        .where(*listening)
    )
    for webhook, kind, state in session.execute(query):
        more = {"round": data["round"]} if "round" in data else {}
        about = {**_about("job", job_id, state), "kind": kind, **more}
        _write_if_wanted(session, webhook, told, about, now)


def tell_of_units(session: Session, row: type[Any], ids: Sequence[str], state: str, now: float) -> None:
    """Tell whoever listens that these datasets, or models, are ready or have failed; of other rows nothing is told."""
    noun, types = _OF_UNITS.get(row, ("", {}))
    told = types.get(state)
    if told is None:
        return
    listening = (WebhookRow.state.in_(_LISTENING), WebhookRow.jobs == "all")
    query = select(WebhookRow, row.id).join(row, row.project_id == WebhookRow.project_id)
    for webhook, unit_id in session.execute(query.where(row.id.in_(ids), *listening)):
        _write_if_wanted(session, webhook, told, _about(noun, unit_id, state), now)


def tell_of_disabling(session: Session, disabled: WebhookRow, now: float) -> None:
    """Tell the project's other webhooks that one was disabled."""
    others = (WebhookRow.project_id == disabled.project_id, WebhookRow.id != disabled.id)
    listening = (WebhookRow.state == WebhookState.ACTIVE, WebhookRow.jobs == "all")
    for webhook in session.scalars(select(WebhookRow).where(*others, *listening)).all():
        about = _about("webhook", disabled.id, WebhookState.DISABLED)
        _write_if_wanted(session, webhook, "webhook.disabled", about, now)


def ping(session: Session, row: WebhookRow, now: float) -> DeliveryRow:
    """A message that tells of nothing, to see whether it arrives."""
    return _write(session, row, PING, _about("webhook", row.id, row.state), now)


def payload_of(row: DeliveryRow, public_url: str = "") -> dict[str, Any]:
    """What is sent; the path of what it tells of comes after the service's *public_url*."""
    payload: dict[str, Any] = json.loads(row.body)
    payload["data"]["url"] = public_url.rstrip("/") + payload["data"]["url"]
    return payload


def _about(noun: str, identifier: str, state: str) -> dict[str, Any]:
    return {"object": noun, "id": identifier, "state": str(state), "url": f"/v1/{noun}s/{identifier}"}


def _write_if_wanted(session: Session, webhook: WebhookRow, told: EventType, about: dict[str, Any], now: float) -> None:
    if webhook.types is None or told in webhook.types.split(" "):
        _write(session, webhook, told, about, now)


def _write(session: Session, webhook: WebhookRow, told: str, about: dict[str, Any], now: float) -> DeliveryRow:
    payload = {"type": told, "timestamp": timestamp(now), "data": {**about, "project": webhook.project_id}}
    row = DeliveryRow(
        id=new_id(MESSAGE),
        project_id=webhook.project_id,
        webhook_id=webhook.id,
        state=DeliveryState.QUEUED,
        queue=_QUEUE,
        type=told,
        body=json.dumps(payload, separators=(",", ":")),
        asked_at=now,
        due_at=now,
        created_at=now,
    )
    session.add(row)
    return row
