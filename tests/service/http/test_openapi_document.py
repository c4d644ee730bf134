"""The OpenAPI document describes what the service does, and importing the service stays light."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.jobs import JobRequest
from service.http.examples import JOB_EXAMPLES


@pytest.fixture(scope="module")
def document(shared_client: TestClient) -> dict[str, Any]:
    """The document as it is served."""
    response = shared_client.get("/openapi.json")
    assert response.status_code == 200
    parsed: dict[str, Any] = response.json()
    return parsed


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    """Client generators follow all of them."""
    references = set(_references(document))
    assert references
    for reference in references:
        assert reference.startswith("#/components/schemas/")
        assert reference.rsplit("/", 1)[1] in document["components"]["schemas"]


def test_the_document_has_the_parts_that_openapi_requires(document: dict[str, Any]) -> None:
    """A version, a title, and for every operation a unique id, a summary and described responses."""
    assert document["openapi"].startswith("3.1")
    assert (document["info"]["title"], bool(document["info"]["version"])) == ("Augury", True)
    ids = [operation["operationId"] for _, _, operation in _operations(document)]
    assert len(ids) == len(set(ids))
    for _, _, operation in _operations(document):
        assert operation["summary"]
        assert all(response["description"] for response in operation["responses"].values())


def test_operations_are_called_as_functions_of_a_client_should_be(document: dict[str, Any]) -> None:
    """``submit_job``: generators make the names of functions and types of these."""
    for _, _, operation in _operations(document):
        assert re.fullmatch("[a-z]+(_[a-z]+)*", operation["operationId"])


def test_what_is_left_out_is_no_object_where_there_are_several_forms(document: dict[str, Any]) -> None:
    """Generators of clients would leave out such a field and the request that has it; the words have the default."""
    evaluation = document["components"]["schemas"]["EvaluationSettings"]["properties"]
    assert "default" not in evaluation["seeds"]
    assert evaluation["seeds"]["description"].endswith('Left out: `{"min": 5, "max": 10}`.')
    for schema in document["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            if "oneOf" in field or "anyOf" in field:
                assert not (isinstance(field.get("default"), dict) and field["default"])


def test_a_parameter_is_left_out_and_not_null(document: dict[str, Any]) -> None:
    """In a query or a header ``null`` is a text, which would be refused."""
    for _, _, operation in _operations(document):
        for parameter in operation.get("parameters", []):
            assert {"type": "null"} not in parameter["schema"].get("anyOf", []), parameter["name"]


def test_what_a_label_looks_like_is_in_the_document(document: dict[str, Any]) -> None:
    """A bound that a function precedes would be kept, and not be said."""
    parameters = {each["name"]: each for each in document["paths"]["/v1/jobs"]["get"]["parameters"]}
    assert parameters["label"]["schema"]["pattern"] == "^[^:]+:"


@pytest.mark.parametrize("path", ["/v1/events", "/v1/jobs/{job_id}/events"])
def test_a_stream_says_what_each_of_its_events_is(path: str, document: dict[str, Any]) -> None:
    """Where OpenAPI 3.2 has it, so that tools which read streams can tell."""
    item = document["paths"][path]["get"]["responses"]["200"]["content"]["text/event-stream"]["itemSchema"]
    assert set(item["properties"]) == {"event", "id", "data"}


@pytest.mark.parametrize("path", ["/v1/datasets", "/v1/models"])
def test_a_file_of_a_form_is_one_for_generators(path: str, document: dict[str, Any]) -> None:
    """Which know it by its format: otherwise they would send the text of it, without a name."""
    form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"]["file"]["format"] == "binary"


def test_errors_are_documented_as_problems_and_as_nothing_else(document: dict[str, Any]) -> None:
    """The framework's own error schema is not what is sent, so it must not be in the document."""
    for path, method, operation in _operations(document):
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")) and (path, status) != ("/readyz", "503"):
                assert set(response["content"]) == {"application/problem+json"}, f"{method} {path} {status}"
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_the_spec_is_documented_parameter_by_parameter(document: dict[str, Any]) -> None:
    """Every parameter of the augmentation has a sentence."""
    properties = document["components"]["schemas"]["ImageDataGeneratorSpec"]["properties"]
    assert set(properties) == set(ImageDataGeneratorSpec.model_fields)
    assert all(described.get("description") for described in properties.values())


def test_the_examples_are_in_the_document(document: dict[str, Any]) -> None:
    """They can be tried from the documentation page."""
    content = document["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]["application/json"]
    assert content["examples"] == JOB_EXAMPLES


@pytest.mark.parametrize("name", JOB_EXAMPLES)
def test_every_example_is_accepted_as_it_stands(name: str, client: TestClient) -> None:
    """An example that is refused would be worse than none."""
    body = JOB_EXAMPLES[name]["value"]
    assert TypeAdapter(JobRequest).validate_python(body)
    assert client.post("/v1/jobs", json=body).status_code == 202


FRAMEWORKS = {"tensorflow", "keras", "jax", "torch"}


@pytest.mark.parametrize(
    ("module", "never"), [("service.main", FRAMEWORKS), ("workers.tasks", FRAMEWORKS | {"numba", "scipy.ndimage"})]
)
def test_importing_what_does_not_train_loads_no_framework(module: str, never: set[str]) -> None:
    """The service and the parent of a worker's pool start in a second and can fork safely.

    The service draws previews; a planner needs nothing that changes images.
    """
    program = f"import sys, {module}; print(sorted({never} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
