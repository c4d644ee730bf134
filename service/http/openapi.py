"""What the OpenAPI document says about errors: the types of problems that each route answers, and nothing else."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from fastapi import FastAPI

from api_schemas.failures import FailureClass
from api_schemas.service.problems import PROBLEM_MEDIA_TYPE, Problem
from service.http.failure_classes import FAILURE_CLASSES
from service.http.problem import ProblemType
from service.http.problem_types import EVERYWHERE, PROBLEM_TYPES

_OF_THE_FRAMEWORK = ("HTTPValidationError", "ValidationError")
"""Schemas of error bodies that are never sent."""

Responses = dict[int | str, dict[str, Any]]


def problems(*types: ProblemType) -> Responses:
    """The ``responses`` of a route that uses the database and may answer with these *types* of problems."""
    return described({*types, *EVERYWHERE})


def described(types: set[ProblemType]) -> Responses:
    """The ``responses`` for these *types*, with what each means."""
    rows = [row for row in PROBLEM_TYPES if row in types]
    return {status: _response(list(same)) for status, same in groupby(rows, lambda row: row.status)}


def _response(rows: list[ProblemType]) -> dict[str, Any]:
    """Of *rows* that share a status."""
    lines = [f"- `{row.urn}`: {row.meaning}. {row.remedy}" for row in rows]
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {PROBLEM_MEDIA_TYPE: {"schema": schema, "examples": {row.slug: _example(row) for row in rows}}}
    return {"model": Problem, "description": "\n".join([f"{rows[0].title}:", "", *lines]), "content": content}


def _example(row: ProblemType) -> dict[str, Any]:
    value = {"type": row.urn, "title": row.title, "status": row.status, "detail": f"{row.meaning}."}
    return {"summary": row.meaning, "value": value}


def install(app: FastAPI, schemas: dict[str, Any], *, are_keys_optional: bool) -> None:
    """Have the document leave out the framework's own error bodies, which are never sent.

    *schemas* are those that bodies refer to which the framework cannot see. Where keys are optional, it says so.
    """
    build = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _correct(build(), schemas)
            if are_keys_optional:
                _make_keys_optional(build())
        return build()

    app.openapi = openapi  # type: ignore[method-assign]


def _correct(document: dict[str, Any], more: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            _keep_problems_only(operation["responses"])
            for parameter in operation.get("parameters", []):
                parameter["schema"] = without_null(parameter["schema"])
    schemas = document["components"]["schemas"]
    for name, schema in more.items():
        schemas.setdefault(name, schema)
    for name in _OF_THE_FRAMEWORK:
        schemas.pop(name, None)
    for schema in schemas.values():
        for described_field in schema.get("properties", {}).values():
            _say_objects_in_words(described_field)
    lines = [f"- `{name}`: {row.meaning}. {row.remedy}" for name, row in FAILURE_CLASSES.items()]
    schemas[FailureClass.__name__]["description"] = "\n".join(["Why something failed:", "", *lines])


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter, or a part of a form, as it can be sent: what is not there is left out, and ``null`` is a text."""
    forms = [form for form in schema.get("anyOf", []) if form != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    match forms:
        case []:
            return schema
        case [form]:
            return {**form, **rest}
        case _:
            return {**rest, "anyOf": forms}


def _say_objects_in_words(field: dict[str, Any]) -> None:
    """Of several forms one may be an object, and no object stands in the place of what is left out.

    Generators of clients make code of a default. Of an object among several forms they cannot, and leave out the field,
    and the request that has it.
    """
    default = field.get("default")
    if default and isinstance(default, dict) and ("oneOf" in field or "anyOf" in field):
        del field["default"]
        field["description"] = f"{field['description']} Left out: `{json.dumps(default)}`."


def _make_keys_optional(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            if "security" in operation:
                operation["security"].insert(0, {})


def _keep_problems_only(responses: dict[str, Any]) -> None:
    for status, response in list(responses.items()):
        content = response.get("content", {})
        if PROBLEM_MEDIA_TYPE in content:
            content.pop("application/json", None)
        elif status == "422":  # the framework's own, added where no route declares one
            del responses[status]
