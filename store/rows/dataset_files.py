"""Which files of datasets nobody needs any more: snapshots and uploads behind deleted and failed rows."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetState
from store.database import Database
from store.files.names import snapshot_folder, upload_name
from store.rows import state_machines
from store.rows.state_machines import move_all
from store.rows.tables import DatasetRow, RegisteredModelRow

_LOCK = 0x6175675F6473  # "aug_ds"
_LIVE = (DatasetState.QUEUED, DatasetState.INGESTING, DatasetState.READY)


def lock_snapshot_deletion(database: Database, session: Session) -> None:
    """Until the transaction ends, nobody else decides which snapshots are needed.

    SQLite's writers are alone anyway. Whoever makes a dataset ready looks under this lock whether its snapshot is
    still there, and whoever removes one decides under it: so neither takes it from the other.
    """
    if not database.is_sqlite:
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def forget_failed(session: Session, older_than: float) -> None:
    """Failed datasets are given up after a while; until then their uploads can be registered with other options."""
    move_all(
        session, state_machines.DATASET, DatasetState.DELETED,
        DatasetRow.state == DatasetState.FAILED, DatasetRow.finished_at < older_than,
    )  # fmt: skip


def needless(session: Session, limit: int) -> list[tuple[DatasetRow, list[str]]]:
    """Rows that are over without use, each with the names of the files and folders that can go with it.

    A failed row loses only a snapshot that was stored just before the failure; its upload stays.
    """
    over = DatasetRow.state.in_((DatasetState.DELETED, DatasetState.FAILED))
    is_due = DatasetRow.purged_at.is_(None) & (
        (DatasetRow.state == DatasetState.DELETED) | DatasetRow.digest.is_not(None)
    )
    rows = session.scalars(select(DatasetRow).where(over, is_due).order_by(DatasetRow.id).limit(limit)).all()
    return [(row, [*_snapshot_of(session, row), *_upload_of(session, row)]) for row in rows]


def is_stored_by_another(session: Session, row: DatasetRow) -> bool:
    """Whether another live dataset has, or is just storing, the same snapshot."""
    others = select(DatasetRow.id).where(
        DatasetRow.id != row.id, DatasetRow.digest == row.digest, DatasetRow.state.in_(_LIVE)
    )
    return session.scalar(others.limit(1)) is not None


def _snapshot_of(session: Session, row: DatasetRow) -> list[str]:
    if row.digest is None or is_stored_by_another(session, row):
        return []
    return [snapshot_folder(row.digest)]


def _upload_of(session: Session, row: DatasetRow) -> list[str]:
    if row.state != DatasetState.DELETED or row.upload_sha256 is None:
        return []
    upload = row.project_id, row.upload_sha256
    return [] if is_upload_needed(session, *upload) else [upload_name(*upload)]


def is_upload_needed(session: Session, project: str, sha256: str) -> bool:
    """Whether a dataset or a model of the project that is not deleted was uploaded as the file of that checksum."""
    needed = (
        select(row.id).where(row.project_id == project, row.upload_sha256 == sha256, row.state != DatasetState.DELETED)
        for row in (DatasetRow, RegisteredModelRow)  # which say the same of what is deleted
    )
    return any(session.scalar(query.limit(1)) is not None for query in needed)
