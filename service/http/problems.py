"""Errors as RFC 9457 problem details: one table of types, one handler per source of errors."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException as StarletteHTTPException

from api_schemas.problems import PROBLEM_MEDIA_TYPE, FieldProblem, Problem

_LONGEST_SHOWN_VALUE = 120
_FIRST_PART_OF_LOCATION = 1
log = structlog.get_logger(__name__)


class ProblemError(Exception):
    """An error that the client is to see. ``slug`` ends the problem's type."""

    def __init__(
        self, status: int, slug: str, detail: str, errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status, self.slug, self.detail = status, slug, detail
        self.errors, self.headers = list(errors), dict(headers or {})


def install(app: FastAPI) -> None:
    """Have every error of the application rendered as a problem."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(StarletteHTTPException, _on_http_exception)
    app.add_exception_handler(OperationalError, _on_database_away)
    app.add_exception_handler(Exception, _on_bug)


def not_found(what: str, identifier: str) -> ProblemError:
    """404 for a noun and the id that was asked for."""
    return ProblemError(404, "not-found", f"there is no {what} {shown(identifier)}")


def shown(value: Any) -> str:
    """A received value for a message: one line, ASCII, of bounded length."""
    try:
        text = json.dumps(value, ensure_ascii=True, default=repr)
    except (ValueError, RecursionError):
        text = ascii(type(value).__name__)
    return text if len(text) <= _LONGEST_SHOWN_VALUE else text[: _LONGEST_SHOWN_VALUE - 3] + "..."


def render(
    request: Request, status: int, slug: str, detail: str, errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """The response for one problem."""
    problem = Problem(
        type=f"urn:augury:problem:{slug}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        request_id=request.scope.get("augury_request_id"),
        errors=list(errors),
    )
    # ensure_ascii, because a client may have sent what UTF-8 cannot say (lone surrogates).
    content = json.dumps(problem.model_dump(mode="json"), ensure_ascii=True)
    return Response(content, status, dict(headers or {}), media_type=PROBLEM_MEDIA_TYPE)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return render(request, error.status, error.slug, error.detail, error.errors, error.headers)


_SLUGS = {
    400: "malformed-request",
    404: "no-such-path",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
}


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    detail = str(error.detail)
    if error.status_code == 404:
        detail = f"there is nothing at {shown(request.url.path)}; the interface is described at /docs"
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_possible_methods(request, headers.get("Allow", "")))
        detail = f"{request.method} is not possible here; possible: {headers['Allow']}"
    slug = _SLUGS.get(error.status_code, "http-error")
    return render(request, error.status_code, slug, detail, headers=headers)


def _possible_methods(request: Request, of_first_route: str) -> list[str]:
    """All methods of a path; the router knows only those of the first route that matches it."""
    found = {method.strip() for method in of_first_route.split(",") if method.strip()}
    for path, operations in request.app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(path)), request.url.path):
            found |= {method.upper() for method in operations}
    return sorted(found)


async def _on_database_away(request: Request, error: Exception) -> Response:
    log.warning("the database did not answer", path=request.url.path, reason=str(error).splitlines()[0])
    detail = "the database did not answer; nothing was stored, and the same request may be sent again"
    return render(request, 503, "database-unavailable", detail, headers={"Retry-After": "5"})


async def _on_bug(request: Request, error: Exception) -> Response:
    log.error("unhandled exception", path=request.url.path, exc_info=error)
    detail = "the service made a mistake; its log has the details under this request_id"
    return render(request, 500, "internal", detail)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    lines = error.errors()
    if any(line["type"] == "json_invalid" for line in lines):
        reason = lines[0].get("ctx", {}).get("error", "")
        detail = f"the body is not JSON: {reason} at character {lines[0]['loc'][-1]}"
        return render(request, 422, "malformed-json", detail)
    errors = field_problems(lines, error.body)
    fields = "one field is" if len(errors) == 1 else f"{len(errors)} fields are"
    return render(request, 422, "invalid-request", f"{fields} not as expected; nothing was stored", errors)


def field_problems(lines: Sequence[Any], body: Any) -> list[FieldProblem]:
    """One problem per faulty field, however many alternatives of its type were tried."""
    expectations: dict[str, list[str]] = defaultdict(list)
    received: dict[str, Any] = {}
    for line in lines:
        location = _location(line["loc"], body)
        expectation = _expectation(line)
        if expectation not in expectations[location]:
            expectations[location].append(expectation)
        received.setdefault(location, _MISSING if line["type"] in _NOTHING_RECEIVED else line["input"])
    return [
        FieldProblem(location=location, message=_message(received[location], expected))
        for location, expected in expectations.items()
    ]


_MISSING = object()
_NOTHING_RECEIVED = frozenset({"missing", "missing_kind"})
_EXPECTATIONS = {
    "missing": "a value; the field is required",
    "tuple_type": "a list of two numbers [low, high]",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
}


def _expectation(line: Any) -> str:
    fixed = _EXPECTATIONS.get(line["type"])
    return fixed or str(line["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")


def _message(received: Any, expected: list[str]) -> str:
    joined = " or ".join(expected)
    if received is _MISSING:
        return f"got nothing, expected {joined}"
    if joined.startswith(("a ", "an ", "in ", "greater", "less", "'", "the ", "valid")):
        return f"got {shown(received)}, expected {joined}"
    return f"got {shown(received)}: {joined}"


def _location(loc: Sequence[int | str], body: Any) -> str:
    """The path to a field as the client wrote it: without the names of a union's alternatives."""
    source, rest = str(loc[0]), list(loc[_FIRST_PART_OF_LOCATION:])
    if source != "body":
        return ".".join(map(str, loc))
    path, here, is_past_tag = source, body, False
    for index, part in enumerate(rest):
        if not is_past_tag and isinstance(here, dict) and here.get("kind") == part:
            is_past_tag = True  # the alternative that the kind chose, which may be called like a field
            continue
        before = here
        is_item = isinstance(here, list) and isinstance(part, int) and part < len(here)
        is_field = isinstance(here, dict) and part in here
        if is_item:
            path, here = f"{path}[{part}]", here[int(part)]
        elif is_field:
            path, here = f"{path}.{part}", here[part]
        elif index == len(rest) - 1 and isinstance(here, dict):
            path = f"{path}.{part}"  # what is missing is not in the body
        is_past_tag = is_past_tag and here is before
    return path.encode("ascii", "backslashreplace").decode()
