"""Uploads that were begun: their bytes count to the project until a dataset has the file, or nobody goes on with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.files.names import upload_name
from store.ids import UPLOAD, is_identifier, new_id
from store.rows.quotas import stored
from store.rows.upkeep import tombstones
from store.rows.uploads.tables import UploadRow


def begin(
    session: Session, project: str, *, name: str | None, length: int, sha256: str | None, now: float, expires_at: float
) -> UploadRow:
    """A row for a file of so many bytes, of which nothing has come yet. *sha256* is what it is said to have."""
    row = UploadRow(
        id=new_id(UPLOAD), project_id=project, name=name, length=length, expected_sha256=sha256, created_at=now,
        expires_at=expires_at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    stored.change(session, {project: length})
    return row


def get(session: Session, project: str, upload_id: str) -> UploadRow | None:
    """The project's upload of that id; None where it has none."""
    row = session.get(UploadRow, upload_id) if is_identifier(upload_id) else None
    return None if row is None or row.project_id != project else row


def count(session: Session, project: str) -> int:
    """How many uploads of a project there are."""
    return session.scalar(select(func.count()).where(UploadRow.project_id == project)) or 0


def newest(session: Session, project: str, limit: int) -> Sequence[UploadRow]:
    """So many uploads of a project, newest first."""
    query = select(UploadRow).where(UploadRow.project_id == project).order_by(UploadRow.id.desc())
    return session.scalars(query.limit(limit)).all()


def complete(session: Session, row: UploadRow, sha256: str, now: float, expires_at: float) -> bool:
    """All of it has come, with that checksum; False where the same file, given up before, goes at this moment."""
    row.sha256, row.expires_at = sha256, expires_at
    return tombstones.dig_up(session, upload_name(row.project_id, sha256), now)


def forget(session: Session, row: UploadRow) -> None:
    """It is over: its bytes count no more."""
    stored.change(session, {row.project_id: -row.length})
    session.delete(row)
    session.flush()


def hand_over(session: Session, project: str, sha256: str) -> None:
    """Something else of the project has the file of that checksum from now on, and counts its bytes."""
    own = (UploadRow.project_id == project, UploadRow.sha256 == sha256)
    for row in session.scalars(select(UploadRow).where(*own)).all():
        forget(session, row)


def forget_expired(session: Session, now: float, limit: int) -> int:
    """Give up so many that nobody has gone on with in time; how many there were."""
    rows = session.scalars(select(UploadRow).where(UploadRow.expires_at < now).limit(limit)).all()
    for row in rows:
        forget(session, row)
    return len(rows)


def known_among(session: Session, upload_ids: Collection[str]) -> set[str]:
    """Those of the ids, of whichever projects, that there is a row for."""
    return set(session.scalars(select(UploadRow.id).where(UploadRow.id.in_(list(upload_ids)))))
