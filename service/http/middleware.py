"""What happens to a request before it is routed: an id, a bound on its body, a look at its media type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from augury.datasets.settings import variable_of
from augury.field_problems import shown
from augury.telemetry.bound import bound
from service.http.media_types import JSON_TYPE, MULTIPART_TYPE, PIECE_TYPE, is_json, is_multipart, is_piece
from service.http.problem import ProblemError
from service.http.problem_types import BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE
from service.http.problems import render
from store.randomness import random_bytes

REQUEST_ID_HEADER = "X-Request-Id"
_UPLOADS = (("POST", "/v1/datasets"), ("POST", "/v1/models"))
_PIECES = ("PATCH", "/v1/uploads/")
_MAX_FORM_OVERHEAD_BYTES = 2**16
"""Of a form: boundaries, headers and the other fields."""
_MAX_LENGTH_DIGITS = 100


class RequestIdMiddleware:
    """Gives every request an id that is in the answer's header, in problems and in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["augury_request_id"] = random_bytes(16).hex()

        is_answered = False

        async def send_with_id(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                is_answered = True
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        with bound(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except Exception:
                if not is_answered:  # else it was logged with its answer, and once is enough
                    raise


@dataclass(frozen=True)
class _Limit:
    """What a body may be, and what is said of one that is not."""

    max_bytes: int
    too_large: str
    media_types: str = JSON_TYPE
    is_taken: Callable[[str], bool] = is_json
    """Of a ``Content-Type``."""


class BodyLimitMiddleware:
    """Refuses bodies that are too large (413) or of another media type than their path takes (415).

    All are JSON, but for files that are uploaded. Nothing is read here: bytes are counted as others read them.
    """

    def __init__(self, app: ASGIApp, max_json_bytes: int, max_file_bytes: int) -> None:
        self._app = app
        self._json = _Limit(max_json_bytes, f"the body is larger than {max_json_bytes} bytes")
        self._json_or_file = replace(self._json, media_types=f"{JSON_TYPE} or {MULTIPART_TYPE}")
        too_large = file_too_large(max_file_bytes)
        self._file = _Limit(max_file_bytes + _MAX_FORM_OVERHEAD_BYTES, too_large, MULTIPART_TYPE, is_multipart)
        self._piece = _Limit(max_file_bytes, too_large, PIECE_TYPE, is_piece)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit_of(scope, headers)
        refusal = _refusal(headers, limit)
        if refusal is not None:
            await render(Request(scope), refusal)(scope, receive, send)
            return
        await self._app(scope, _limit_body(receive, limit), send)

    def _limit_of(self, scope: Scope, headers: Headers) -> _Limit:
        if scope["method"] == _PIECES[0] and scope["path"].startswith(_PIECES[1]):
            return self._piece
        if (scope["method"], scope["path"]) not in _UPLOADS:
            return self._json
        return self._file if is_multipart(headers.get("content-type", "")) else self._json_or_file


def file_too_large(max_bytes: int) -> str:
    """What is said of a file that has more bytes than that."""
    return f"the file is larger than {max_bytes} bytes, which {variable_of('max_bytes')} allows"


def announced_bytes(headers: Headers) -> int:
    """The length that a request says its body has; 0 where it says none, or none that is a number."""
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal()):
        return 0
    return int(length[:_MAX_LENGTH_DIGITS])  # of thousands of digits Python makes no number


def _refusal(headers: Headers, limit: _Limit) -> ProblemError | None:
    length = headers.get("content-length", "0")
    has_body = length != "0" or "transfer-encoding" in headers
    if announced_bytes(headers) > limit.max_bytes:
        return BODY_TOO_LARGE.error(limit.too_large)
    if has_body and not limit.is_taken(headers.get("content-type", "")):
        received = shown(headers.get("content-type", "nothing"))
        return UNSUPPORTED_MEDIA_TYPE.error(f"got Content-Type {received}, expected {limit.media_types}")
    return None


def _limit_body(receive: Receive, limit: _Limit) -> Receive:
    seen = 0

    async def receive_within_limit() -> Any:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit.max_bytes:
            raise HTTPException(BODY_TOO_LARGE.status, limit.too_large)  # which the framework lets pass
        return message

    return receive_within_limit
