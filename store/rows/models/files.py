"""Which files of registered models nobody needs any more: models and uploads behind deleted and failed rows."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.models.model import ModelState
from store.files.names import stored_model_name, upload_name
from store.rows import state_machines
from store.rows.dataset_files import is_upload_needed
from store.rows.state_machines import move_all
from store.rows.tables import RegisteredModelRow

_LIVE = (ModelState.QUEUED, ModelState.READING, ModelState.READY)


def forget_failed(session: Session, older_than: float) -> None:
    """Models that failed are given up after a while."""
    move_all(
        session, state_machines.MODEL, ModelState.DELETED,
        RegisteredModelRow.state == ModelState.FAILED, RegisteredModelRow.finished_at < older_than,
    )  # fmt: skip


def needless(session: Session, limit: int) -> list[tuple[RegisteredModelRow, list[str]]]:
    """Rows that are over without use, each with the names of the files that can go with it."""
    row = RegisteredModelRow
    over = row.state.in_((ModelState.DELETED, ModelState.FAILED))
    is_due = row.purged_at.is_(None) & ((row.state == ModelState.DELETED) | row.digest.is_not(None))
    rows = session.scalars(select(row).where(over, is_due).order_by(row.id).limit(limit)).all()
    return [(each, [*_model_of(session, each), *_upload_of(session, each)]) for each in rows]


def _model_of(session: Session, row: RegisteredModelRow) -> list[str]:
    """The stored model, unless another row has the same or is just storing it."""
    if row.digest is None:
        return []
    others = select(RegisteredModelRow.id).where(
        RegisteredModelRow.id != row.id, RegisteredModelRow.digest == row.digest, RegisteredModelRow.state.in_(_LIVE)
    )
    return [] if session.scalar(others.limit(1)) else [stored_model_name(row.digest)]


def _upload_of(session: Session, row: RegisteredModelRow) -> list[str]:
    if row.state != ModelState.DELETED or row.reference["kind"] != "upload":
        return []
    upload = row.project_id, row.reference["sha256"]
    return [] if is_upload_needed(session, *upload) else [upload_name(*upload)]
