"""Rows of registered models: registering a reference, what reading makes of it, and giving it up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, text
from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.failures import Failure
from api_schemas.models.model import Model, ModelFacts, ModelList, ModelState
from augury.planning.canonical import digest
from store.database import insert_or_find
from store.files.names import upload_name
from store.ids import MODEL, is_identifier, new_id
from store.rows import leases, state_machines
from store.rows.datasets import INGESTION_QUEUE, StillBeingDeletedError
from store.rows.leases import Lease
from store.rows.quotas import stored
from store.rows.state_machines import move
from store.rows.tables import JobRow, RegisteredModelRow
from store.rows.told import read_once
from store.rows.upkeep import tombstones

_IS_LIVE = text("registered_models.state not in ('failed', 'deleted')")  # in the words of its index
_MAX_JOBS = 5


def register(session: Session, project: str, reference: dict[str, object], now: float) -> RegisteredModelRow:
    """The project's live row for a reference; a new one, queued to be read, where there is none.

    Raises:
        StillBeingDeletedError: the file of an upload was given up before, and goes at this moment.
    """
    existing = find(session, project, reference)
    if existing is not None:
        return existing
    checksum = str(reference["sha256"]) if reference["kind"] == "upload" else None
    if checksum is not None and not tombstones.dig_up(session, upload_name(project, checksum), now):
        raise StillBeingDeletedError
    row = RegisteredModelRow(
        id=new_id(MODEL),
        project_id=project,
        state=ModelState.QUEUED,
        queue=INGESTION_QUEUE,
        attempts=0,
        reference=reference,
        kind=reference["kind"],
        upload_sha256=checksum,
        reference_digest=digest(reference),
        created_at=now,
    )
    return insert_or_find(session, row, lambda: find(session, project, reference))


def _same(project: str, reference: dict[str, object]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return RegisteredModelRow.project_id == project, RegisteredModelRow.reference_digest == digest(reference)


def find(session: Session, project: str, reference: dict[str, object]) -> RegisteredModelRow | None:
    """The project's live row for a reference, or None."""
    return session.scalar(select(RegisteredModelRow).where(*_same(project, reference), _IS_LIVE))


def newest(session: Session, project: str, reference: dict[str, object]) -> RegisteredModelRow | None:
    """The project's newest row for a reference that was not deleted, failed or not; or None."""
    is_there = RegisteredModelRow.state != ModelState.DELETED
    query = select(RegisteredModelRow).where(*_same(project, reference), is_there)
    return session.scalars(query.order_by(RegisteredModelRow.id.desc())).first()


def get(session: Session, project: str, model_id: str) -> RegisteredModelRow | None:
    """The project's row of that id, or None where it has none or that was deleted."""
    row = session.get(RegisteredModelRow, model_id) if is_identifier(model_id) else None
    return None if row is None or row.project_id != project or row.state == ModelState.DELETED else row


def ready_with(session: Session, project: str, content_digest: str) -> RegisteredModelRow | None:
    """A model of the project that is ready and has that content, or None."""
    is_ready = (RegisteredModelRow.digest == content_digest, RegisteredModelRow.state == ModelState.READY)
    query = select(RegisteredModelRow).where(RegisteredModelRow.project_id == project, *is_ready)
    return session.scalars(query.order_by(RegisteredModelRow.id)).first()


def was_deleted(session: Session, project: str, named: str) -> bool:
    """Whether the project had a model with that id, or of that content, which was given up."""
    same = or_(RegisteredModelRow.id == named, RegisteredModelRow.digest == named)
    query = select(RegisteredModelRow.id).where(
        RegisteredModelRow.project_id == project, same, RegisteredModelRow.state == ModelState.DELETED
    )
    return session.scalar(query.limit(1)) is not None


def kept(session: Session, project: str, content_digest: str) -> RegisteredModelRow | None:
    """As ``ready_with``; the model is not deleted before the transaction ends, which writes."""
    row = ready_with(session, project, content_digest)
    if row is not None:
        session.refresh(row, with_for_update={"read": True})
    return row if row is not None and row.state == ModelState.READY else None


def finish_reading(session: Session, lease: Lease, content_digest: str, facts: ModelFacts, now: float) -> bool:
    """The model is stored; False when the lease was lost meanwhile."""
    is_ready = leases.finish(
        session, lease, ModelState.READY, now=now, digest=content_digest, facts=facts.model_dump(mode="json"),
        progress=None,
    )  # fmt: skip
    if is_ready:
        row = session.get_one(RegisteredModelRow, lease.row_id)
        stored.note(session, row, row.stored_bytes + facts.bytes)
    return is_ready


def fail_reading(session: Session, lease: Lease, failure: Failure, now: float) -> bool:
    """Reading came to a bad end; False when the lease was lost meanwhile."""
    error = failure.model_dump(mode="json")
    return leases.finish(session, lease, ModelState.FAILED, now=now, error=error, progress=None)


def jobs_in_need(session: Session, row: RegisteredModelRow) -> list[str]:
    """The first few jobs of its project that are not over and train the model."""
    model = JobRow.request["model"]
    named = [model["id"].as_string() == row.id]
    if row.digest is not None:
        named.append(model["digest"].as_string() == row.digest)
    query = select(JobRow.id).where(JobRow.project_id == row.project_id, JobRow.finished_at.is_(None), or_(*named))
    return list(session.scalars(query.order_by(JobRow.id).limit(_MAX_JOBS)))


def delete(session: Session, row: RegisteredModelRow, now: float) -> None:
    """Give a model up: it is shown no more, and the sweep removes its files.

    One that is being read is asked to stop, and is gone once its worker has.
    """
    not_begun_or_over = RegisteredModelRow.state != ModelState.READING
    if move(session, state_machines.MODEL, row.id, ModelState.DELETED, not_begun_or_over, finished_at=now):
        return
    session.refresh(row)
    if row.state == ModelState.READING:
        row.cancel_requested_at = row.cancel_requested_at or now
        session.flush()


def page(session: Session, project: str, *, limit: int, cursor: str | None, state: str | None = None) -> ModelList:
    """A project's models, newest first, from after *cursor*, without their layers."""
    rows = session.scalars(_on_page(project, limit=limit, cursor=cursor, state=state)).all()
    return ModelList(
        items=[_without_layers(to_wire(row)) for row in rows[:limit]],
        next_cursor=rows[limit - 1].id if len(rows) > limit else None,
    )


def page_version(
    session: Session, project: str, *, limit: int, cursor: str | None, state: str | None = None
) -> list[tuple[Any, ...]]:
    """Equal to an earlier one where the page looks the same."""
    query = _on_page(project, limit=limit, cursor=cursor, state=state)
    return read_once.versions_in(session, RegisteredModelRow, query)


def _on_page(project: str, *, limit: int, cursor: str | None, state: str | None) -> Select[RegisteredModelRow]:
    is_there = RegisteredModelRow.state != ModelState.DELETED
    query = select(RegisteredModelRow).where(RegisteredModelRow.project_id == project, is_there)
    if cursor is not None:
        query = query.where(RegisteredModelRow.id < cursor)
    if state is not None:
        query = query.where(RegisteredModelRow.state == state)
    return query.order_by(RegisteredModelRow.id.desc()).limit(limit + 1)


def _without_layers(model: Model) -> Model:
    facts = None if model.facts is None else model.facts.model_copy(update={"layers": []})
    return model.model_copy(update={"facts": facts})


def facts_of(row: RegisteredModelRow) -> ModelFacts | None:
    """What reading found out; None where there is nothing yet."""
    return None if row.facts is None else ModelFacts.model_validate(row.facts)


def to_wire(row: RegisteredModelRow) -> Model:
    """The row as clients see it."""
    state = ModelState(row.state)
    return Model(
        id=row.id,
        state=state,
        is_terminal=state.is_terminal,
        reference=row.reference,
        digest=row.digest if state == ModelState.READY else None,
        facts=facts_of(row),
        error=None if row.error is None else Failure.model_validate(row.error),
        progress=row.progress or {},
        created_at=timestamp(row.created_at),
    )
