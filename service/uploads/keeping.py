"""Uploads from their beginning to the store: what is asked of each step, and what it leaves behind."""

from __future__ import annotations

from api_schemas.base import timestamp
from api_schemas.datasets.uploads import Upload, UploadList
from service.auth.asked import this_request
from service.http.problem_rows.uploads import TOO_MANY_UPLOADS, UPLOAD_DAMAGED
from service.http.problem_types import BUSY
from service.http.problems import require_found
from service.quotas import room
from service.resources import Resources
from service.uploads import files
from service.uploads.bodies import require_free, room_or_507
from service.uploads.files import PartFile
from service.uploads.metadata import Metadata
from store.files.names import upload_name
from store.rows.quotas import counting
from store.rows.uploads import begun
from store.rows.uploads.tables import UploadRow
from store.settings import SECONDS_PER_HOUR

MAX_UPLOADS = 100
"""Of a project, begun and not ended."""


def begin(resources: Resources, project: str, length: int, metadata: Metadata) -> Upload:
    """An upload of so many bytes, of which nothing has come yet.

    Raises:
        ProblemError: it is too large for the service, the project or the disk, or there are too many.
    """
    files.require_length(resources, length)
    files.forget_left_behind(resources)
    require_free(files.folder_of(resources), length)
    with resources.database.writing() as session:
        now = resources.database.now(session)
        room.require_room_for_files(resources, session, project, length)
        counting.lock(session, project)
        there = begun.count(session, project)
        if there >= MAX_UPLOADS:
            raise TOO_MANY_UPLOADS.error(f"the project has begun {there} uploads, and may have {MAX_UPLOADS}")
        row = begun.begin(
            session, project, name=metadata.name, length=length, sha256=metadata.sha256, now=now,
            expires_at=_end(resources, now),
        )  # fmt: skip
        this_request().note(session, project, now, row.id)
        return to_wire(resources, row)


def find(resources: Resources, project: str, upload_id: str) -> Upload:
    """The project's upload of that id, as far as it has come (or a ProblemError where there is none)."""
    with resources.database.reading() as session:
        return to_wire(resources, require_found(begun.get(session, project, upload_id), "upload", upload_id))


def listed(resources: Resources, project: str) -> UploadList:
    """All of a project's."""
    with resources.database.reading() as session:
        rows = begun.newest(session, project, MAX_UPLOADS)
        return UploadList(items=[to_wire(resources, row) for row in rows])


def to_wire(resources: Resources, row: UploadRow) -> Upload:
    """The row as clients see it. Once the file has left the folder for the store, all of it has come."""
    offset = files.size_of(resources, row.id)
    is_complete = (
        row.sha256 is not None
        and not files.path_of(resources, row.id).exists()
        and resources.artifacts.exists(upload_name(row.project_id, row.sha256))
    )
    return Upload(
        id=row.id,
        name=row.name,
        length=row.length,
        offset=row.length if is_complete else offset,
        is_complete=is_complete,
        sha256=row.sha256 if is_complete else row.expected_sha256,
        created_at=timestamp(row.created_at),
        expires_at=timestamp(row.expires_at),
    )


def finish(resources: Resources, project: str, upload_id: str, part: PartFile) -> None:
    """All of it has come: keep it under its checksum, where references find it.

    The row has the checksum before the file is there, so that whoever is killed in between can do this once more.

    Raises:
        ProblemError: it is not the file that its sender said, was deleted meanwhile, or just goes with a dataset.
    """
    sha256 = part.sha256()
    with resources.database.writing() as session:
        row = require_found(begun.get(session, project, upload_id), "upload", upload_id)
        if row.expected_sha256 not in (None, sha256):
            part.begin_anew()
            raise UPLOAD_DAMAGED.error(f"the file has the SHA-256 {sha256}, expected {row.expected_sha256}")
        now = resources.database.now(session)
        if not begun.complete(session, row, sha256, now, _end(resources, now)):
            detail = "the same file is just being deleted with a dataset that had it; try again in a few seconds"
            raise BUSY.error(detail, headers={"Retry-After": "5"})
    with room_or_507():
        resources.artifacts.put_file(part.path, upload_name(project, sha256))


def go_on(resources: Resources, project: str, upload_id: str) -> Upload:
    """Another piece comes: the upload, which is kept for longer."""
    with resources.database.writing() as session:
        row = require_found(begun.get(session, project, upload_id), "upload", upload_id)
        row.expires_at = _end(resources, resources.database.now(session))
        return to_wire(resources, row)


def forget(resources: Resources, project: str, upload_id: str) -> None:
    """Give one up, with what has come of it (or a ProblemError where there is none)."""
    with resources.database.writing() as session:
        row = require_found(begun.get(session, project, upload_id), "upload", upload_id)
        begun.forget(session, row)
        this_request().note(session, project, resources.database.now(session), upload_id)
    files.path_of(resources, upload_id).unlink(missing_ok=True)


def _end(resources: Resources, now: float) -> float:
    return now + resources.settings.upload_hours * SECONDS_PER_HOUR
