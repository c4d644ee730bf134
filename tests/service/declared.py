"""Which types of problems the OpenAPI document declares for which operation."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from httpx2 import Response

from api_schemas.service.problems import PROBLEM_MEDIA_TYPE
from service.http.problem_types import BEFORE_ROUTING


def operation_of(document: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """The operation that answers a request; None where there is none, and the router itself answers."""
    for template, operations in document["paths"].items():
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            operation: dict[str, Any] = operations[method.lower()]
            return operation
    return None


def declared(operation: dict[str, Any]) -> set[tuple[int, str]]:
    """The statuses and types of the problems that an operation may answer."""
    return {
        (int(status), example["value"]["type"])
        for status, response in operation["responses"].items()
        for example in response.get("content", {}).get(PROBLEM_MEDIA_TYPE, {}).get("examples", {}).values()
    }


_documents: dict[tuple[str, ...], dict[str, Any]] = {}
"""By the paths that they describe: making one takes longer than most tests."""


def _document(app: FastAPI) -> dict[str, Any]:
    paths = tuple(getattr(route, "path", "") for route in app.routes)
    if paths not in _documents:
        _documents[paths] = app.openapi()
    return _documents[paths]


def assert_declared(app: FastAPI, response: Response) -> None:
    """A problem is one that its route has declared, or one that may answer any request at all."""
    if response.headers.get("Content-Type") != PROBLEM_MEDIA_TYPE:
        return
    response.read()
    told = (response.status_code, response.json()["type"])
    if told[1] in {row.urn for row in BEFORE_ROUTING}:
        return
    method, path = response.request.method, response.request.url.path
    operation = operation_of(_document(app), method, path)
    if operation is None and not path.startswith("/v1/"):
        return  # a page's, which no document describes
    assert operation is not None, f"{method} {path} is no operation, and was answered with {told}"
    assert told in declared(operation), f"{method} {path} does not declare {told}"
