"""From the reference in a request to its model's row, once per idempotency key."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from api_schemas.models.model import ModelState
from api_schemas.models.references import ModelReference
from augury.planning.canonical import digest
from service.auth.asked import this_request
from service.datasets import registration
from service.datasets.ingested import RETRY_AFTER_SECONDS
from service.datasets.registration import ResolvedReference
from service.http import idempotency
from service.http.idempotency import Accepted, create_idempotently
from service.http.problem_types import BUSY, INVALID_REQUEST
from service.quotas import room
from service.resources import Resources
from store import queue
from store.rows.datasets import StillBeingDeletedError
from store.rows.idempotency import Fingerprint
from store.rows.models import registered
from store.rows.quotas import stored
from store.rows.tables import RegisteredModelRow


def require_not_reused(
    resources: Resources, project: str, reference: ModelReference, idempotency_key: str | None
) -> None:
    """Refuse an upload whose key came with another one before its file is stored, as no row would ever remove it.

    Raises:
        ProblemError: the key came before with another request.
    """
    with resources.database.reading() as session:
        fingerprint = _fingerprint(reference.model_dump(mode="json"))
        idempotency.require_not_reused(session, project, idempotency_key, fingerprint)


def register(
    resources: Resources, project: str, reference: ModelReference, idempotency_key: str | None, location: str = "body"
) -> Accepted:
    """Have a model read that is not yet; the answer is the model. *location* is the reference's in the request.

    Raises:
        ProblemError: the reference is refused, its file is just being deleted, it is more than the project may have,
            or the key came before with another request.
    """
    resolved = registration.resolve(resources, project, reference, location)
    _require_allowed(resolved)
    due: list[RegisteredModelRow] = []
    with resources.database.writing() as session:
        now = resources.database.now(session)

        def create() -> dict[str, Any]:
            try:
                row = registered.find(session, project, resolved.reference) or _new(resources, session, resolved, now)
            except StillBeingDeletedError:
                detail = "the same file is just being deleted; send it again in a few seconds"
                headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
                raise BUSY.error(detail, headers=headers) from None
            if row.published_at is None and row.state == ModelState.QUEUED:
                row.published_at = now
                due.append(row)
            session.flush()
            return registered.to_wire(row).model_dump(mode="json")

        fingerprint = _fingerprint(resolved.reference)
        accepted = create_idempotently(session, project, idempotency_key, fingerprint, now, create)
        if not accepted.replayed:
            this_request().note(session, project, now, accepted.body["id"])
    for row in due:  # after the commit
        resources.publisher.publish(*queue.doorbell(row.queue))
    return accepted


def _new(resources: Resources, session: Session, resolved: ResolvedReference, now: float) -> RegisteredModelRow:
    registration.hand_over_upload(session, resolved)
    room.require_room_for_files(resources, session, resolved.project, resolved.upload_bytes)
    row = registered.register(session, resolved.project, resolved.reference, now)
    stored.note(session, row, max(row.stored_bytes, resolved.upload_bytes))
    return row


def _require_allowed(resolved: ResolvedReference) -> None:
    if resolved.fault is not None:
        raise INVALID_REQUEST.error("the model cannot be used; nothing was stored", [resolved.fault])


def _fingerprint(reference: dict[str, Any]) -> Fingerprint:
    return Fingerprint(digest({"model": reference}))
