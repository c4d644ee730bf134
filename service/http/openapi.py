"""What the OpenAPI document says about errors: problems, and nothing else."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from api_schemas.problems import PROBLEM_MEDIA_TYPE, Problem

_NEVER_SENT = ("HTTPValidationError", "ValidationError")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that answers these statuses with a problem."""
    return {status: problem(status) for status in statuses}


def problem(status: int) -> dict[str, Any]:
    """One problem response."""
    reference = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {PROBLEM_MEDIA_TYPE: {"schema": reference}}
    return {"model": Problem, "description": HTTPStatus(status).phrase, "content": content}


def install(app: FastAPI) -> None:
    """Have the document leave out the framework's own error bodies, which are never sent."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = build()
            for operations in document["paths"].values():
                for operation in operations.values():
                    _keep_problems_only(operation["responses"])
            for name in _NEVER_SENT:
                document["components"]["schemas"].pop(name, None)
        return build()

    app.openapi = openapi  # type: ignore[method-assign]


def _keep_problems_only(responses: dict[str, Any]) -> None:
    for response in responses.values():
        if PROBLEM_MEDIA_TYPE in response.get("content", {}):
            response["content"].pop("application/json", None)
