"""From the reference in a request to its dataset's row: found, refused or registered, in one way for all routes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts, DatasetState
from api_schemas.datasets.references import DatasetReference
from api_schemas.failures import Failure
from api_schemas.models.references import ModelReference
from api_schemas.service.problems import FieldProblem
from augury.datasets.reference_rules import refusal_of
from augury.field_problems import shown
from augury.planning.canonical import canonical_json, digest
from service.auth.asked import this_request
from service.datasets.ingested import RETRY_AFTER_SECONDS, failed, require_ingested
from service.http import idempotency
from service.http.idempotency import Accepted, create_idempotently
from service.http.problem import ProblemError
from service.http.problem_types import BUSY, INVALID_REQUEST
from service.quotas import room
from service.remembered.datasets_lately import DatasetKey
from service.resources import Resources
from store import queue
from store.files.artifacts import ArtifactMissingError
from store.files.names import upload_name
from store.rows import datasets
from store.rows.idempotency import Fingerprint
from store.rows.quotas import stored
from store.rows.tables import DatasetRow
from store.rows.uploads import begun


@dataclass(frozen=True)
class ResolvedReference:
    """A reference in a request, and its fault: what the operator's settings or a missing upload have against it."""

    project: str
    """Whose request it is."""
    reference: dict[str, Any]
    location: str
    """Of the reference in the request, e.g. ``body.dataset``."""
    fault: FieldProblem | None
    upload_bytes: int = 0
    """Of the file that it refers to, where that was uploaded."""

    @cached_property
    def key(self) -> DatasetKey:
        """The same for all references that mean the same dataset."""
        return self.project, canonical_json(self.reference)

    def fault_at(self, field: str, message: str) -> FieldProblem:
        """A complaint about one field of the reference, or about all of it."""
        location = ".".join(filter(None, (self.location, field)))
        return FieldProblem(location=location, message=message, beyond_schema=True)


def resolve(
    resources: Resources, project: str, reference: DatasetReference | ModelReference, location: str = "body.dataset"
) -> ResolvedReference:
    """What a project's request refers to, with what is to be said against it before a transaction begins."""
    resolved = ResolvedReference(project, reference.model_dump(mode="json"), location, None)
    refusal = refusal_of(resolved.reference, resources.ingest)
    if refusal is not None:
        return replace(resolved, fault=resolved.fault_at(refusal.field, refusal.message))
    if reference.kind != "upload":
        return resolved
    try:
        return replace(resolved, upload_bytes=resources.artifacts.size(upload_name(project, reference.sha256)))
    except ArtifactMissingError:
        message = f"got {shown(reference.sha256)}: no such file was uploaded, or it was deleted; upload it"
        return replace(resolved, fault=resolved.fault_at("sha256", message))


def find(session: Session, resolved: ResolvedReference, *, held: bool = False) -> DatasetRow | None:
    """The row that a request refers to, *held* until the transaction ends; None where nobody has registered it yet.

    Raises:
        ProblemError: there is no dataset of that id.
    """
    row = datasets.find(session, resolved.project, resolved.reference, held=held)
    if row is None and resolved.reference["kind"] == "dataset":
        identifier = shown(resolved.reference["id"])
        raise _refused(resolved.fault_at("id", f"got {identifier}: there is no such dataset; see GET /v1/datasets"))
    return row


def facts_of(row: DatasetRow | None) -> DatasetFacts | None:
    """What ingestion measured; None where there is no row, or nothing was measured yet."""
    return None if row is None or row.facts is None else DatasetFacts.model_validate(row.facts)


def require_allowed(resolved: ResolvedReference) -> None:
    """Let a reference pass that has no fault.

    Raises:
        ProblemError: it has one.
    """
    if resolved.fault is not None:
        raise _refused(resolved.fault)


def hold(session: Session, resolved: ResolvedReference) -> DatasetRow | None:
    """The row, kept from being deleted until the transaction ends; a ProblemError where it cannot be used."""
    require_allowed(resolved)
    row = find(session, resolved, held=True)
    return None if row is None else _usable(resolved, row)


def get_or_register(resources: Resources, session: Session, resolved: ResolvedReference, now: float) -> DatasetRow:
    """The same, registered if need be, where the project may have one more (or a ProblemError)."""
    row = hold(session, resolved)
    if row is not None:
        return row
    try:
        row = _registered(resources, session, resolved, now)
    except datasets.StillBeingDeletedError:
        detail = "the same file is just being deleted with a dataset that had it; send it again in a few seconds"
        raise BUSY.error(detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}) from None
    session.flush()
    session.refresh(row, with_for_update={"read": True})
    return _usable(resolved, row)


def _usable(resolved: ResolvedReference, row: DatasetRow) -> DatasetRow:
    if row.state in (DatasetState.FAILED, DatasetState.DELETED):
        reason = Failure.model_validate(row.error).message if row.error else "it was deleted"
        raise _refused(resolved.fault_at("id", f"the dataset cannot be used: {reason}"))
    return row


def _registered(resources: Resources, session: Session, resolved: ResolvedReference, now: float) -> DatasetRow:
    hand_over_upload(session, resolved)
    room.require_room_for_dataset(resources, session, resolved.project, resolved.upload_bytes)
    row = datasets.register(session, resolved.project, resolved.reference, now)
    stored.note(session, row, max(row.stored_bytes, resolved.upload_bytes))
    return row


def hand_over_upload(session: Session, resolved: ResolvedReference) -> None:
    """A file that was sent piece by piece is from now on that of what is registered, which counts its bytes."""
    if resolved.reference["kind"] == "upload":
        begun.hand_over(session, resolved.project, resolved.reference["sha256"])


def require_not_reused(
    resources: Resources, project: str, reference: DatasetReference, idempotency_key: str | None
) -> None:
    """Refuse (ProblemError) an upload whose key came with another one, before its file, which no row has, is stored."""
    with resources.database.reading() as session:
        fingerprint = _fingerprint(reference.model_dump(mode="json"))
        idempotency.require_not_reused(session, project, idempotency_key, fingerprint)


def _fingerprint(reference: dict[str, Any]) -> Fingerprint:
    return Fingerprint(digest({"dataset": reference}))


def register(resources: Resources, resolved: ResolvedReference, idempotency_key: str | None) -> Accepted:
    """Have a dataset read that is not yet, once per idempotency key; the answer is the dataset.

    Raises:
        ProblemError: see `get_or_register`; or the key came before with another request.
    """
    due: list[DatasetRow] = []
    with resources.database.writing() as session:
        now = resources.database.now(session)

        def create() -> dict[str, Any]:
            row = get_or_register(resources, session, resolved, now)
            due.extend(_take_for_publishing(row, now))
            return datasets.to_wire(row).model_dump(mode="json")

        fingerprint = _fingerprint(resolved.reference)
        accepted = create_idempotently(session, resolved.project, idempotency_key, fingerprint, now, create)
        if not accepted.replayed:
            this_request().note(session, resolved.project, now, accepted.body["id"])
    _publish(resources, due)
    return accepted


def require_ready(resources: Resources, resolved: ResolvedReference) -> DatasetRow:
    """The row of a dataset whose images are stored.

    Raises:
        ProblemError: it is not ready. One that nobody has asked for yet is registered, as a job would do it.
    """
    with resources.database.reading() as session:
        row = find(session, resolved)
        failure = datasets.last_failure(session, resolved.project, resolved.reference) if row is None else None
    if failure is not None and not failure.retryable:
        raise failed(failure)
    if row is None or _needs_a_message(row):
        row = _register_now(resources, resolved)
    require_ingested(row, failure)
    return row


def _register_now(resources: Resources, resolved: ResolvedReference) -> DatasetRow:
    with resources.database.writing() as session:
        now = resources.database.now(session)
        row = get_or_register(resources, session, resolved, now)
        due = _take_for_publishing(row, now)
    _publish(resources, due)
    return row


def _take_for_publishing(row: DatasetRow, now: float) -> list[DatasetRow]:
    """The row, marked as published, if its message is still to be sent."""
    if not _needs_a_message(row):
        return []
    row.published_at = now
    return [row]


def _needs_a_message(row: DatasetRow) -> bool:
    return row.state == DatasetState.QUEUED and row.published_at is None


def _publish(resources: Resources, rows: list[DatasetRow]) -> None:
    """To be called after the commit."""
    for row in rows:
        resources.publisher.publish(*queue.doorbell(row.queue))


def _refused(error: FieldProblem) -> ProblemError:
    return INVALID_REQUEST.error("the dataset cannot be used; nothing was stored", [error])
