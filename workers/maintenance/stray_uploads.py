"""Uploads that no dataset and no model refers to, as a service leaves that is killed before it registers them."""

from __future__ import annotations

import re
import secrets

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetState
from store.files.artifacts import ArtifactMissingError
from store.files.names import UPLOADS, upload_name
from store.ids import DEFAULT_PROJECT
from store.rows.tables import DatasetRow, RegisteredModelRow
from store.rows.upkeep import tombstones
from store.settings import SECONDS_PER_DAY
from workers.context import Context

_MAX_AT_ONCE = 500
_MIN_AGE_SECONDS = SECONDS_PER_DAY
_UPLOAD = re.compile(r"([0-9a-f]{64})(?:\.([a-z0-9-]+))?(\.[0-9a-f]{32}\.partial)?")
"""A file by its checksum and, but for the first one, its project; or what was left of one that was being copied."""

Upload = tuple[str, str]
"""A project and a checksum."""

log = structlog.get_logger(__name__)


def bury_stray_uploads(context: Context) -> int:
    """Have uploads deleted that are older than a day and that no dataset refers to; how many there were.

    Each call looks at no more than 500 files, from a random one on, so that in time all are looked at whatever lies
    between them. It lists the whole folder, which takes a while in a bucket: call it each hour, not each few seconds.
    """
    names = context.artifacts.some_names(UPLOADS, start=secrets.token_hex(32), limit=_MAX_AT_ONCE)
    uploads = {name: (found[2] or DEFAULT_PROJECT, found[1]) for name in names if (found := _UPLOAD.fullmatch(name))}
    if not uploads:
        return 0
    with context.database.reading() as session:
        too_young = context.database.now(session) - _MIN_AGE_SECONDS
    old = {name: upload for name, upload in uploads.items() if _modified_at(context, name) < too_young}
    with context.database.writing() as session:  # whoever registers one of them meanwhile digs it up
        needed = {upload_name(*upload) for upload in _referred_to(session, {checksum for _, checksum in old.values()})}
        stray = [name for name in old if f"{UPLOADS}/{name}" not in needed]
        tombstones.bury(session, [f"{UPLOADS}/{name}" for name in stray], context.database.now(session))
    if stray:
        log.info("uploads without a dataset go", count=len(stray))
    return len(stray)


def _referred_to(session: Session, checksums: set[str]) -> set[Upload]:
    """Whose files of these checksums a dataset or a model has. Of a deleted one they go with its other files."""
    needed: set[Upload] = set()
    for row in (DatasetRow, RegisteredModelRow):
        has_files = or_(row.state != DatasetState.DELETED, row.purged_at.is_(None))
        query = select(row.project_id, row.upload_sha256).where(row.upload_sha256.in_(checksums), has_files)
        needed.update((project, checksum) for project, checksum in session.execute(query) if checksum is not None)
    return needed


def _modified_at(context: Context, name: str) -> float:
    try:
        return context.artifacts.modified_at(f"{UPLOADS}/{name}")
    except ArtifactMissingError:  # removed meanwhile
        return float("inf")
