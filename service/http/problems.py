"""Errors as RFC 9457 problem details: one handler per source of errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException as StarletteHTTPException

from api_schemas.service.problems import PROBLEM_MEDIA_TYPE, FieldProblem, Problem
from augury.field_problems import field_problems, first_problems, shown
from service.http.problem import ProblemError
from service.http.problem_types import (
    BODY_TOO_LARGE,
    DATABASE_UNAVAILABLE,
    HTTP_ERROR,
    INTERNAL,
    INVALID_REQUEST,
    MALFORMED_REQUEST,
    METHOD_NOT_ALLOWED,
    NO_SUCH_PATH,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
)

_OF_THE_FRAMEWORK = {
    row.status: row
    for row in (MALFORMED_REQUEST, NO_SUCH_PATH, METHOD_NOT_ALLOWED, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)
}
Row = TypeVar("Row")
IsForPeople = Callable[[Request], bool]
ShownToPeople = Callable[[Request, Problem, dict[str, str]], Response]
log = structlog.get_logger(__name__)


def install(app: FastAPI, is_for_people: IsForPeople, shown_to_people: ShownToPeople) -> None:
    """Have every error of the application rendered as a problem, and as a page to those who look at pages."""
    app.state.is_for_people, app.state.shown_to_people = is_for_people, shown_to_people
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(StarletteHTTPException, _on_http_exception)
    app.add_exception_handler(OperationalError, _on_database_away)
    app.add_exception_handler(Exception, _on_bug)


def require_found(row: Row | None, noun: str, identifier: str) -> Row:
    """The *row* that was looked for.

    Raises:
        ProblemError: there is none; the *noun* and the id that was asked for are named.
    """
    if row is None:
        raise not_found(noun, identifier)
    return row


def not_found(noun: str, identifier: str) -> ProblemError:
    """404 for a noun and the id that was asked for."""
    return NOT_FOUND.error(f"there is no {noun} {shown(identifier)}")


def invalid_request(problems: list[FieldProblem]) -> ProblemError:
    """422 for the faulty fields of a request."""
    said, errors = first_problems(problems)
    return INVALID_REQUEST.error(f"{said}; nothing was stored", errors)


def invalid_body(error: ValidationError, body: Any) -> RequestValidationError:
    """What the framework would raise for a *body* that a route has validated by itself."""
    return RequestValidationError(_in_body(error), body=body)


def invalid_part(error: ValidationError, body: Any) -> ProblemError:
    """422 for a part of a form, a text, whose content is not as expected, of which no schema is enforced."""
    return invalid_request(
        [fault.model_copy(update={"beyond_schema": True}) for fault in field_problems(_in_body(error), body)]
    )


def _in_body(error: ValidationError) -> list[dict[str, Any]]:
    return [{**line, "loc": ("body", *line["loc"])} for line in error.errors(include_url=False)]


def render(request: Request, error: ProblemError) -> Response:
    """The response for one problem."""
    request.scope["augury_problem"] = error.type.slug
    problem = Problem(
        type=error.type.urn,
        title=error.type.title,
        status=error.type.status,
        detail=error.detail,
        instance=request.url.path,
        request_id=request.scope.get("augury_request_id"),
        errors=error.errors,
    )
    state = request.app.state
    if state.is_for_people(request):
        shown_page: Response = state.shown_to_people(request, problem, error.headers)
        return shown_page
    # ensure_ascii, because a client may have sent what UTF-8 cannot say (lone surrogates).
    content = json.dumps(problem.model_dump(mode="json"), ensure_ascii=True)
    return Response(content, error.type.status, error.headers, media_type=PROBLEM_MEDIA_TYPE)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return render(request, error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    detail = str(error.detail)
    if error.status_code == NO_SUCH_PATH.status:
        detail = f"there is nothing at {shown(request.url.path)}; the interface is described at /docs"
    headers = dict(error.headers or {})
    if error.status_code == METHOD_NOT_ALLOWED.status:
        headers["Allow"] = ", ".join(_possible_methods(request, headers.get("Allow", "")))
        detail = f"{request.method} is not possible here; possible: {headers['Allow']}"
    problem_type = _OF_THE_FRAMEWORK.get(error.status_code) or replace(HTTP_ERROR, status=error.status_code)
    return render(request, problem_type.error(detail, headers=headers))


def _possible_methods(request: Request, of_first_route: str) -> list[str]:
    """All methods of a path; the router knows only those of the first route that matches it."""
    found = {method.strip() for method in of_first_route.split(",") if method.strip()}
    for path, operations in request.app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(path)), request.url.path):
            found |= {method.upper() for method in operations}
    return sorted(found)


async def _on_database_away(request: Request, error: Exception) -> Response:
    return render(request, database_away(request.url.path, error))


def database_away(path: str, error: Exception) -> ProblemError:
    """503 for a request to that path, and a line in the log."""
    log.warning("the database did not answer", path=path, reason=str(error).splitlines()[0])
    detail = "the database did not answer; nothing was stored, and the same request may be sent again"
    return DATABASE_UNAVAILABLE.error(detail, headers={"Retry-After": "5"})


async def _on_bug(request: Request, error: Exception) -> Response:
    log.error("unhandled exception", path=request.url.path, exc_info=error)
    return render(request, INTERNAL.error("the service made a mistake; its log has the details under this request_id"))


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return render(request, invalid_request(field_problems(error.errors(), error.body)))
