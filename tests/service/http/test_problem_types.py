"""One error, one row: the table of problem types is complete, and routes answer what they declare."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from starlette.exceptions import HTTPException

from api_schemas.failures import FailureClass
from api_schemas.service.problems import PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX, Problem
from service.http import problem_types
from service.http.failure_classes import FAILURE_CLASSES
from service.http.problem import ProblemType
from service.http.problem_types import BEFORE_ROUTING, BODY_REFUSED, EVERYWHERE, PROBLEM_TYPES
from store.database import Database
from tests.service.declared import declared
from tests.store.databases import DIGITS, comparison_body

SERVICE = Path(__file__).parents[3] / "service"
HTTP = SERVICE / "http"
TABLE = {HTTP / "problem.py", HTTP / "problem_types.py", *(HTTP / "problem_rows").glob("*.py")}
OTHERS = sorted(path for path in SERVICE.rglob("*.py") if path not in TABLE)
"""A test looks at all of them and names all faults."""
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture(scope="module")
def document(shared_client: TestClient) -> dict[str, Any]:
    """The document as it is served."""
    parsed: dict[str, Any] = shared_client.get("/openapi.json").json()
    return parsed


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path}", operation


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a module with its line, but for docstrings, which may talk about anything."""
    tree = ast.parse(path.read_text())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def test_no_slug_is_written_but_in_its_row() -> None:
    """Neither alone, nor in a URN, nor as a part of another text where it cannot be taken for a plain word."""
    slugs = {row.slug for row in PROBLEM_TYPES}
    compounds = {slug for slug in slugs if "-" in slug}
    texts = [(f"{path.relative_to(SERVICE)}:{line}: {found}", found) for path in OTHERS for line, found in _texts(path)]
    assert [place for place, found in texts if found in slugs] == []
    assert [place for place, found in texts if PROBLEM_TYPE_PREFIX in found] == []
    assert [place for place, found in texts if any(slug in found for slug in compounds)] == []


def test_problems_are_made_by_rows_only() -> None:
    """Nobody else makes a type or an error of its own."""
    made = [
        f"{path.relative_to(SERVICE)}:{node.lineno}"
        for path in OTHERS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("ProblemError", "ProblemType")
    ]
    assert made == []


def test_every_row_is_a_type_of_its_own() -> None:
    """With a status of HTTP's for errors, a slug that no other row has, and by status, as the tables show them."""
    assert len({row.slug for row in PROBLEM_TYPES}) == len(PROBLEM_TYPES)
    statuses = [row.status for row in PROBLEM_TYPES]
    assert statuses == sorted(statuses)
    assert all(400 <= HTTPStatus(status) <= 599 for status in statuses)


@pytest.mark.parametrize("row", PROBLEM_TYPES, ids=lambda row: row.slug)
def test_every_row_says_what_it_means_and_what_to_do(row: ProblemType) -> None:
    """The meaning without its full stop, as it stands in the middle of a line; the remedy in sentences."""
    assert row.meaning[0].isupper()
    assert not row.meaning.endswith(".")
    assert row.remedy.endswith(".")


@pytest.mark.parametrize("row", PROBLEM_TYPES, ids=lambda row: row.slug)
def test_every_row_is_declared_somewhere(row: ProblemType, document: dict[str, Any]) -> None:
    """Or answers requests that no route has seen; what is neither is dead."""
    routes = [name for name, operation in _operations(document) if (row.status, row.urn) in declared(operation)]
    assert routes or row in BEFORE_ROUTING


def test_routes_that_use_the_database_declare_that_it_may_be_away(document: dict[str, Any]) -> None:
    """And every route that it may have a bug; those that take a body, or could, what is refused of bodies."""
    for name, operation in _operations(document):
        expected = {*EVERYWHERE} if " /v1/" in name else {problem_types.INTERNAL}
        if name.startswith("POST"):
            expected |= {*BODY_REFUSED}
        assert {(row.status, row.urn) for row in expected} <= declared(operation), name


def test_the_document_shows_each_type_with_its_meaning(document: dict[str, Any]) -> None:
    """In the description of its status, and as an example that is a problem as it is sent."""
    rows = {row.urn: row for row in PROBLEM_TYPES}
    for name, operation in _operations(document):
        for status, response in operation["responses"].items():
            for example in response.get("content", {}).get(PROBLEM_MEDIA_TYPE, {}).get("examples", {}).values():
                problem = Problem.model_validate(example["value"])
                row = rows[problem.type]
                assert (problem.status, problem.title) == (int(status), row.title), name
                assert f"`{row.urn}`: {row.meaning}. {row.remedy}" in response["description"], name


def test_every_failure_class_has_its_meaning(document: dict[str, Any]) -> None:
    """In the table, in its order, and in the document."""
    assert list(FAILURE_CLASSES) == list(FailureClass)
    described = document["components"]["schemas"]["FailureClass"]["description"]
    assert all(f"`{name}`: {row.meaning}. {row.remedy}" in described for name, row in FAILURE_CLASSES.items())


@pytest.mark.parametrize(
    ("method", "path", "options", "slug"),
    [
        ("GET", "/a-bug-in-the-service", {}, "internal"),
        ("GET", "/v1/jobs/job_none", {}, "not-found"),
        ("GET", "/v1/jobs?limit=0", {}, "invalid-request"),
        ("POST", "/v1/jobs", {"content": b"{", "headers": JSON}, "malformed-json"),
        ("POST", "/v1/jobs", {"content": b"\xff\xfe\x00", "headers": JSON}, "malformed-request"),
        ("POST", "/v1/jobs", {"content": b"{}", "headers": TEXT}, "unsupported-media-type"),
        ("POST", "/v1/jobs", {"content": b" " * 1_000_001, "headers": JSON}, "body-too-large"),
        ("POST", "/v1/jobs", {"json": comparison_body({"a": {"rotation": 1}})}, "invalid-request"),
        ("POST", "/v1/jobs/job_none/cancel", {}, "not-found"),
        ("POST", "/v1/jobs/job_none/stop", {"content": b"x", "headers": TEXT}, "unsupported-media-type"),
        ("POST", "/v1/lint", {"content": b"\xff\xfe\x00", "headers": JSON}, "malformed-request"),
        ("POST", "/v1/previews", {"json": {"dataset": DIGITS}}, "invalid-request"),
        ("POST", "/v1/datasets", {"content": b"\xff\xfe\x00", "headers": JSON}, "malformed-json"),
        ("POST", "/v1/datasets", {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
         "malformed-multipart"),
        ("DELETE", "/v1/datasets/ds_none", {}, "not-found"),
        ("GET", "/v1/datasets/ds_none/images", {}, "not-found"),
    ],
)  # fmt: skip
def test_a_problem_is_answered_as_its_row_says_and_its_route_declares(
    method: str, path: str, options: dict[str, Any], slug: str, shared_client: TestClient, document: dict[str, Any]
) -> None:
    """That it is declared is what the client of all these tests looks at, whatever the request."""
    (row,) = [row for row in PROBLEM_TYPES if row.slug == slug]
    response = shared_client.request(method, path, **options)
    problem = response.json()
    assert (response.status_code, problem["type"]) == (row.status, f"urn:augury:problem:{slug}")
    assert problem["title"] == HTTPStatus(row.status).phrase


def test_a_database_that_does_not_answer_is_declared_and_may_be_tried_again(
    client: TestClient, database: Database
) -> None:
    """503 with the time to wait."""
    with database.writing() as session:
        session.execute(text("alter table jobs rename to elsewhere"))
    response = client.get("/v1/jobs")
    assert (response.status_code, response.json()["type"]) == (503, "urn:augury:problem:database-unavailable")
    assert response.headers["Retry-After"]


def test_an_error_of_the_framework_without_a_row_keeps_its_status(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of its own type, as nobody has said yet what it means."""

    def refuse(**_: Any) -> None:
        raise HTTPException(HTTPStatus.IM_A_TEAPOT, "no coffee")

    monkeypatch.setattr("service.jobs.routes.job_views.JobFilter", refuse)
    problem = client.get("/v1/jobs").json()
    assert (problem["type"], problem["status"]) == ("urn:augury:problem:http-error", 418)
    assert (problem["title"], problem["detail"]) == (HTTPStatus.IM_A_TEAPOT.phrase, "no coffee")


def test_a_problem_that_is_not_declared_is_noticed(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the client of these tests, which would be worth nothing otherwise."""

    def refuse(**_: Any) -> None:
        raise problem_types.DATASET_IN_USE.error("which this route never says")

    monkeypatch.setattr("service.jobs.routes.job_views.JobFilter", refuse)
    with pytest.raises(AssertionError, match="GET /v1/jobs does not declare"):
        client.get("/v1/jobs")
