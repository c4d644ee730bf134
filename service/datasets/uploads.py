"""Uploads: a file of any size from the wire to the store, without ever being in memory as a whole."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.to_thread import run_sync
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request

from api_schemas.datasets.references import ImageOptions, UploadReference
from augury.datasets.disk import DISK_FULL
from augury.datasets.settings import IngestSettings, variable_of
from augury.field_problems import shown
from service.datasets.multipart import FILE, FileForm
from service.http.middleware import announced_bytes, file_too_large
from service.http.problem import ProblemError
from service.http.problem_types import INSUFFICIENT_STORAGE, UPLOAD_CUT_OFF, UPLOAD_TOO_SLOW
from service.http.problems import invalid_body
from service.http.slots import Slots
from service.resources import Resources
from store.files.artifacts import Artifacts
from store.files.names import upload_name

FIELDS = tuple(ImageOptions.model_fields)
_BLOCK = 2**18
_MAX_DIGITS = 20
_MIN_FREE_BYTES = 2**26
"""Of disk that an upload leaves to everything else."""
_LEFT_BEHIND_SECONDS = 3600.0
"""Beyond the longest upload; what is older was left by a process that was killed."""


@asynccontextmanager
async def receive_form(
    request: Request, folder: Path, resources: Resources, fields: Collection[str] = FIELDS
) -> AsyncIterator[FileForm]:
    """The form in a request's body, with its file in *folder* for the length of the block.

    Beside the file it may have *fields*.

    Raises:
        ProblemError: the form is not as expected, the file too large, the disk too full or the client too slow.
    """
    capacity, limits = resources.capacity, resources.ingest
    async with capacity.uploads.taken():
        with _room_or_507():
            form = await capacity.upload_blocks.run(_begin, request, folder, limits, fields)
        try:
            with _room_or_507():
                await _take(form, request, capacity.upload_blocks, limits.max_seconds)
                await capacity.upload_blocks.run(form.finish)
            yield form
        finally:
            with anyio.CancelScope(shield=True):
                await run_sync(form.discard)


def store(artifacts: Artifacts, project: str, form: FileForm) -> None:
    """Keep the project's file under its digest, also where the same bytes are there: they may be about to be deleted.

    Raises:
        ProblemError: there is no room for it.
    """
    with _room_or_507():
        artifacts.put_file(form.path, upload_name(project, form.sha256))


def reference_of(form: FileForm) -> UploadReference:
    """The reference that the file and the other fields stand for.

    Raises:
        RequestValidationError: a field is not as expected.
    """
    body: dict[str, Any] = {name: _READERS.get(name, str)(text) for name, text in form.fields.items()}
    try:
        return UploadReference.model_validate({"kind": "upload", "sha256": form.sha256, **body})
    except ValidationError as error:
        raise invalid_body(error, body) from None


def _size(text: str) -> Any:
    """``64x64`` or ``64,64`` as two numbers; what is neither is left to be refused with its own words."""
    return _numbers(text.lower().replace("x", ","))


def _colour(text: str) -> Any:
    """``255,0,0`` as three numbers; a name stays a name."""
    return _numbers(text)


def _numbers(text: str) -> Any:
    """What stands between commas, where all of it is numbers that are short enough to be read."""
    parts = text.split(",")
    are_numbers = all(part.strip().isdecimal() and len(part) <= _MAX_DIGITS for part in parts)
    return [int(part) for part in parts] if are_numbers else text


def json_or_text(text: str) -> Any:
    """What a field says that holds JSON; what is none is left to be refused with its own words."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, nested too deeply
        return text


_READERS = {"image_size": _size, "background": _colour, "columns": json_or_text}


def _begin(request: Request, folder: Path, limits: IngestSettings, fields: Collection[str]) -> FileForm:
    content_type, too_large = request.headers["content-type"], file_too_large(limits.max_bytes)
    form = FileForm(content_type, folder, fields, limits.max_bytes, too_large)
    try:
        _forget_left_behind(folder, time.time() - limits.max_seconds - _LEFT_BEHIND_SECONDS)
        free = shutil.disk_usage(folder).free
        if free < announced_bytes(request.headers) + _MIN_FREE_BYTES:
            raise _no_room(f"{free} bytes are free")
    except BaseException:
        form.discard()
        raise
    return form


def _forget_left_behind(folder: Path, before: float) -> None:
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime < before:
                path.unlink()
        except FileNotFoundError:  # by another process of the service
            continue


async def _take(form: FileForm, request: Request, places: Slots, max_seconds: float) -> None:
    """Hand the body to the form in blocks, on a thread, as disks are slow and hashing is work.

    A place is taken for each block and not for the upload, so that nobody waits for what another does not send.
    """
    pieces = request.stream()
    waiting, size = [], 0
    deadline = time.monotonic() + max_seconds
    while True:
        piece = await _next(pieces, deadline)
        if piece is not None:
            waiting.append(piece)
            size += len(piece)
        if size and (piece is None or size >= _BLOCK):
            await places.run(form.feed, b"".join(waiting))
            waiting, size = [], 0
        if piece is None:
            return


async def _next(pieces: AsyncIterator[bytes], deadline: float) -> bytes | None:
    """The next piece of the body; None at its end.

    Raises:
        ProblemError: the client is gone or too slow.
    """
    try:
        with anyio.fail_after(max(0.0, deadline - time.monotonic())):
            return await anext(pieces, None)
    except TimeoutError:
        detail = f"the upload took longer than {variable_of('max_seconds')} allows"
        raise UPLOAD_TOO_SLOW.error(detail, headers={"Connection": "close"}) from None
    except ClientDisconnect:  # nobody reads this; it only ends the request
        raise UPLOAD_CUT_OFF.error(f"the connection ended before the part {shown(FILE)} did") from None


@contextmanager
def _room_or_507() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise _no_room(str(error.strerror)) from error


def _no_room(reason: str) -> ProblemError:
    detail = f"there is no room for the upload ({reason}); nothing was stored. The operator has to make some"
    return INSUFFICIENT_STORAGE.error(detail)
