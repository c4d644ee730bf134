"""Uploads: a file of any size from the wire to the store, without ever being in memory as a whole."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.to_thread import run_sync
from pydantic import ValidationError
from starlette.requests import Request

from api_schemas.datasets.references import ImageOptions, UploadReference
from augury.datasets.settings import IngestSettings
from service.datasets.multipart import FileForm
from service.http.middleware import announced_bytes, file_too_large
from service.http.problems import invalid_body
from service.resources import Resources
from service.uploads.bodies import require_free, room_or_507, take_body
from store.files.artifacts import Artifacts
from store.files.names import upload_name

FIELDS = tuple(ImageOptions.model_fields)
_MAX_DIGITS = 20
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
        with room_or_507():
            form = await capacity.upload_blocks.run(_begin, request, folder, limits, fields)
        try:
            with room_or_507():
                await take_body(request, form.feed, capacity.upload_blocks, limits.max_seconds)
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
    with room_or_507():
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
        require_free(folder, announced_bytes(request.headers))
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
