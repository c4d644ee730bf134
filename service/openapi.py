"""What the OpenAPI document says about errors."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from api_schemas.problems import PROBLEM_MEDIA_TYPE, Problem


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that answers these statuses with a problem."""
    return {status: problem(status) for status in statuses}


def problem(status: int) -> dict[str, Any]:
    """One problem response."""
    reference = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {PROBLEM_MEDIA_TYPE: {"schema": reference}}
    return {"model": Problem, "description": HTTPStatus(status).phrase, "content": content}
