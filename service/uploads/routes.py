"""``/v1/uploads``: files that are sent piece by piece, and go on where they broke off.

The core of the resumable upload protocol tus 1.0, with its extensions
creation, termination and expiration: `POST` begins, `HEAD` says how much has come, `PATCH` sends more.
"""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from api_schemas.datasets.uploads import Upload, UploadList
from service.auth.actor import Reader, Submitter
from service.auth.asked import this_request
from service.http.media_types import PIECE_TYPE
from service.http.openapi import problems
from service.http.problem_rows.quotas import PROJECT_DELETING, STORAGE_USED_UP
from service.http.problem_rows.uploads import (
    PROTOCOL_VERSION,
    TOO_MANY_UPLOADS,
    UPLOAD_BUSY,
    UPLOAD_DAMAGED,
    UPLOAD_OFFSET,
)
from service.http.problem_types import (
    BODY_REFUSED,
    BUSY,
    INSUFFICIENT_STORAGE,
    INVALID_REQUEST,
    NOT_FOUND,
    UPLOAD_CUT_OFF,
    UPLOAD_TOO_SLOW,
)
from service.resources import Shared
from service.uploads import files, keeping, metadata
from service.uploads.bodies import room_or_507, take_body
from service.uploads.files import PartFile

VERSION = "1.0.0"
_SPOKEN = {"Tus-Resumable": VERSION}
_MAX_LENGTH = 2**53 - 1
"""What all that speak JSON can say."""

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])

Length = Annotated[int, Header(alias="Upload-Length", ge=1, le=_MAX_LENGTH, description="Bytes of the whole file.")]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, le=_MAX_LENGTH, description="Where this piece begins.")]
Said = Annotated[
    str | None,
    Header(
        alias="Upload-Metadata",
        max_length=metadata.MAX_METADATA_LENGTH,
        description="Names with values in Base64, between commas: `filename`, and `sha256` that the file has.",
    ),
]
Spoken = Annotated[
    str | None, Header(alias="Tus-Resumable", max_length=20, description=f"The version of the protocol: {VERSION}.")
]
_PIECE = {"requestBody": {"content": {PIECE_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}
_IN_THE_WAY = (INVALID_REQUEST, PROTOCOL_VERSION)


@router.post(
    "",
    status_code=201,
    summary="Begin an upload",
    responses=problems(
        *(*_IN_THE_WAY, *BODY_REFUSED, PROJECT_DELETING, STORAGE_USED_UP, TOO_MANY_UPLOADS, INSUFFICIENT_STORAGE)
    ),
)
def begin_upload(
    resources: Shared, caller: Submitter, response: Response, length: Length, said: Said = None, spoken: Spoken = None
) -> Upload:
    """Say how long a file is. Its pieces go to ``Location``; its bytes count to the project from now on.

    Once all of it has come, `{"kind": "upload", "sha256": …}` refers to it in `POST /v1/datasets` or `/v1/models`.
    """
    _require_spoken(spoken)
    upload = keeping.begin(resources, caller.project, length, metadata.read(said))
    response.headers.update(_headers(upload) | {"Location": f"/v1/uploads/{upload.id}"})
    return upload


@router.get("", summary="Uploads that were begun", responses=problems())
def list_uploads(resources: Shared, caller: Reader) -> UploadList:
    """Those of the project that no dataset and no model has yet, newest first: to find one again that broke off."""
    return keeping.listed(resources, caller.project)


@router.get("/{upload_id}", summary="How far an upload is", responses=problems(NOT_FOUND))
def get_upload(resources: Shared, caller: Reader, response: Response, upload_id: str) -> Upload:
    """How much of it has come, and its checksum once that is all."""
    upload = keeping.find(resources, caller.project, upload_id)
    response.headers.update(_headers(upload))
    return upload


@router.head("/{upload_id}", summary="How far an upload is, in headers", responses=problems(NOT_FOUND))
def ask_upload(resources: Shared, caller: Reader, upload_id: str) -> Response:
    """How much of it has come: ``Upload-Offset``."""
    return Response(None, 200, _headers(keeping.find(resources, caller.project, upload_id)))


@router.patch(
    "/{upload_id}",
    status_code=204,
    summary="Send a piece of an upload",
    openapi_extra=_PIECE,
    responses=problems(
        *(*_IN_THE_WAY, *BODY_REFUSED, NOT_FOUND, UPLOAD_OFFSET, UPLOAD_BUSY, UPLOAD_DAMAGED, UPLOAD_CUT_OFF),
        *(UPLOAD_TOO_SLOW, BUSY, INSUFFICIENT_STORAGE),
    ),
)
async def append_to_upload(
    request: Request, resources: Shared, caller: Submitter, upload_id: str, offset: Offset, spoken: Spoken = None
) -> Response:
    """The next bytes, as many as there are. What came before a connection broke is kept: ask, and go on from there."""
    _require_spoken(spoken)
    this_request().changes_nothing()  # in the trail are its beginning and what it becomes, not each piece
    capacity = resources.capacity
    upload = await run_in_threadpool(keeping.go_on, resources, caller.project, upload_id)
    if upload.is_complete:
        files.require_offset(upload.length, offset)
        return Response(None, 204, _headers(upload))
    async with capacity.uploads.taken():
        with room_or_507():
            part = await run_sync(PartFile, files.path_of(resources, upload_id), upload.length, offset)
            try:
                await take_body(request, part.append, capacity.upload_blocks, resources.ingest.max_seconds)
                if part.is_whole:
                    await capacity.upload_blocks.run(keeping.finish, resources, caller.project, upload_id, part)
            finally:
                part.close()
    return Response(None, 204, _SPOKEN | {"Upload-Offset": str(part.size)})


@router.delete("/{upload_id}", status_code=204, summary="Give an upload up", responses=problems(NOT_FOUND))
def delete_upload(resources: Shared, caller: Submitter, upload_id: str) -> None:
    """What has come of it is removed, and counts no more. What a dataset has already stays."""
    keeping.forget(resources, caller.project, upload_id)


def _require_spoken(spoken: str | None) -> None:
    if spoken not in (None, VERSION):
        detail = f"got Tus-Resumable {spoken}, expected {VERSION}"
        raise PROTOCOL_VERSION.error(detail, headers={"Tus-Version": VERSION})


def _headers(upload: Upload) -> dict[str, str]:
    return _SPOKEN | {
        "Upload-Offset": str(upload.offset),
        "Upload-Length": str(upload.length),
        "Cache-Control": "no-store",
    }
