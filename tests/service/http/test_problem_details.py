"""Every error is an RFC 9457 problem that a program can act on and a person understand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_schemas.base import MAX_FIELDS, MAX_SUGGESTIONS
from augury.field_problems import MAX_NAMED_FIELDS
from tests.store.databases import comparison_body

JSON = {"Content-Type": "application/json"}
BUG = "/a-bug-in-the-service"


def _assert_problem(response: Response, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:augury:problem:{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"]
    assert "Traceback" not in response.text
    return problem


def _post(client: TestClient, body: Any, **parameters: Any) -> Response:
    """Send what a lenient client might: NaN and all."""
    return client.post("/v1/jobs", content=json.dumps(body), headers=JSON, params=parameters)


def _faults(response: Response) -> dict[str, str]:
    problem = _assert_problem(response, 422, "invalid-request")
    return {error["location"]: error["message"] for error in problem["errors"]}


def _those_beyond_the_schema(response: Response) -> dict[str, bool]:
    return {error["location"]: error["beyond_schema"] for error in response.json()["errors"]}


def test_a_fault_says_whether_the_document_has_it(shared_client: TestClient) -> None:
    """A type, a bound, a missing or unknown field is in the schema; a rule about several fields or of today is not."""
    wrong = {"kind": "comparison", "training": {"epochs": "many"}, "canditates": [], "candidates": []}
    assert set(_those_beyond_the_schema(_post(shared_client, wrong)).values()) == {False}
    contrary = comparison_body() | {"evaluation": {"seeds": {"min": 9, "max": 5}}}
    assert _those_beyond_the_schema(_post(shared_client, contrary)) == {"body.evaluation.seeds": True}
    elsewhere = comparison_body() | {"dataset": {"kind": "path", "path": "/nowhere"}}
    assert list(_those_beyond_the_schema(_post(shared_client, elsewhere)).values()) == [True]


def test_an_unknown_path_is_a_404_problem(shared_client: TestClient) -> None:
    """It points to the description of the interface."""
    problem = _assert_problem(shared_client.get("/v1/nothing"), 404, "no-such-path")
    assert "/docs" in problem["detail"]
    assert problem["instance"] == "/v1/nothing"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/jobs/job_none"),
        ("GET", "/v1/jobs/job_none/trials"),
        ("GET", "/v1/jobs/job_none/report"),
        ("POST", "/v1/jobs/job_none/cancel"),
        ("GET", "/v1/datasets/ds_none"),
        ("GET", "/v1/jobs/%00%0A%F0%9F%92%A9"),
    ],
)
def test_an_unknown_id_is_a_404_problem(method: str, path: str, shared_client: TestClient) -> None:
    """Whatever the noun, and whatever is there instead of the id."""
    problem = _assert_problem(shared_client.request(method, path), 404, "not-found")
    assert problem["detail"].startswith("there is no ")


def test_waiting_for_a_job_that_does_not_exist_is_not_waited_for(shared_client: TestClient) -> None:
    """The 404 comes at once, preference or not."""
    response = shared_client.get("/v1/jobs/job_none", headers={"Prefer": "wait=30"})
    _assert_problem(response, 404, "not-found")


def test_a_method_that_a_path_does_not_have_is_a_405_problem(shared_client: TestClient) -> None:
    """The Allow header and the sentence say what is possible."""
    response = shared_client.post("/healthz")
    problem = _assert_problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"] == "GET"
    assert problem["detail"].endswith("possible: GET")


def test_a_405_names_every_method_that_is_possible(shared_client: TestClient) -> None:
    """Jobs can be submitted and listed at one path, and a client that does neither learns of both."""
    response = shared_client.delete("/v1/jobs")
    _assert_problem(response, 405, "method-not-allowed")
    assert {method.strip() for method in response.headers["Allow"].split(",")} >= {"GET", "POST"}


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_a_405_is_right_about_paths_that_the_document_leaves_out(path: str, shared_client: TestClient) -> None:
    """The documentation itself can be read, whatever else is tried on it."""
    response = shared_client.post(path)
    problem = _assert_problem(response, 405, "method-not-allowed")
    assert "GET" in response.headers["Allow"]
    assert "GET" in problem["detail"]


def test_a_body_that_says_it_is_too_long_is_a_413_problem(shared_client: TestClient) -> None:
    """By its Content-Length, before it is read."""
    response = shared_client.post("/v1/jobs", content=b" " * 1_000_001, headers=JSON)
    _assert_problem(response, 413, "body-too-large")


def test_a_chunked_body_that_grows_too_long_is_a_413_problem(shared_client: TestClient) -> None:
    """Without a Content-Length the bytes are counted as they come."""

    def chunks() -> Iterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    _assert_problem(shared_client.post("/v1/jobs", content=chunks(), headers=JSON), 413, "body-too-large")


def test_a_chunked_body_of_allowed_length_is_read(client: TestClient) -> None:
    """The near miss: chunks as such are no obstacle."""
    halves = json.dumps(comparison_body()).encode()
    response = client.post("/v1/jobs", content=iter([halves[:20], halves[20:]]), headers=JSON)
    assert response.status_code == 202


@pytest.mark.parametrize("length", ["9" * 5000, "\u00b2", "-1", "x"], ids=lambda text: ascii(text[:2]))
@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/datasets"])
def test_no_content_length_makes_the_service_fail(length: str, path: str, shared_client: TestClient) -> None:
    """A length that no number can say is none that is allowed, or none at all."""
    headers = [(b"Content-Length", length.encode("latin-1")), (b"Content-Type", b"application/json")]
    response = shared_client.post(path, content=b"{}", headers=headers)
    _assert_problem(response, *((413, "body-too-large") if len(length) > 1000 else (422, "invalid-request")))


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_that_does_not_say_it_is_json_is_a_415_problem(content_type: str, shared_client: TestClient) -> None:
    """Browsers can send these types across sites, so they are never taken for JSON."""
    body = json.dumps(comparison_body())
    response = shared_client.post("/v1/jobs", content=body, headers={"Content-Type": content_type})
    problem = _assert_problem(response, 415, "unsupported-media-type")
    assert problem["detail"].endswith("expected application/json")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/a+json"])
def test_json_may_be_declared_in_any_usual_way(content_type: str, shared_client: TestClient) -> None:
    """Parameters, case and structured suffixes are no obstacle."""
    body = json.dumps(comparison_body())
    headers = {"Content-Type": content_type}
    assert shared_client.post("/v1/jobs?validate_only=true", content=body, headers=headers).status_code == 200


def test_a_bug_in_the_service_is_a_500_problem_that_gives_nothing_away(shared_client: TestClient) -> None:
    """The client gets an id to ask with, and neither the message nor the traceback."""
    response = shared_client.get(BUG)
    problem = _assert_problem(response, 500, "internal")
    assert "what only the log may say" not in response.text
    assert "log" in problem["detail"]


@pytest.mark.parametrize("path", ["/healthz", "/v1/nothing", "/v1/jobs?limit=0", BUG])
def test_every_answer_carries_its_request_id(path: str, shared_client: TestClient) -> None:
    """In the header always, and the same one in a problem."""
    response = shared_client.get(path)
    assert response.headers.get("X-Request-Id")
    assert response.json().get("request_id", response.headers["X-Request-Id"]) == response.headers["X-Request-Id"]


def test_the_log_of_a_bug_can_be_found_by_the_request_id(shared_client: TestClient) -> None:
    """The problem promises it."""
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as logged:
        request_id = shared_client.get(BUG).json()["request_id"]
    (entry,) = [entry for entry in logged if entry["event"] == "unhandled exception"]
    assert entry.get("request_id") == request_id


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "Expecting property name"),
        (b"[1,]", "character"),
        (b'{"kind": "\x00"}', "control character"),
        (b"'a'", ""),
    ],
    ids=ascii,
)
def test_a_body_that_is_no_json_is_a_problem_of_its_own(body: bytes, words: str, shared_client: TestClient) -> None:
    """It says where the parser stopped."""
    problem = _assert_problem(shared_client.post("/v1/jobs", content=body, headers=JSON), 422, "malformed-json")
    assert words in problem["detail"]


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\x00", b'"\xc3"', b"[" * 100_000, b'{"a":' * 100_000, b'{"kind": ' + b"9" * 5000 + b"}"],
    ids=["not UTF-8", "cut off UTF-8", "deep lists", "deep objects", "an integer of 5000 digits"],
)
def test_a_body_that_no_parser_can_read_is_the_clients_mistake(body: bytes, shared_client: TestClient) -> None:
    """Never a 500, however the parser gives up."""
    response = shared_client.post("/v1/jobs", content=body, headers=JSON)
    assert response.status_code in (400, 422)
    assert response.headers["Content-Type"] == "application/problem+json"


def test_every_faulty_field_is_named_at_once_as_the_client_wrote_it(shared_client: TestClient) -> None:
    """Indices in brackets, no trace of the alternatives that were tried, one entry a field."""
    body = comparison_body(
        {
            "a": {"zoom_range": 1.5, "rotaton_range": 20, "width_shift_range": "x", "brightness_range": [1, "b"]},
            "b c": {"fill_mode": "edge", "height_shift_range": -1},
        },
        evaluation={"seeds": 1, "confidence": None},
        trainin={"epochs": 1},
    )
    faults = _faults(_post(shared_client, body))
    assert set(faults) == {
        "body.candidates[0].spec.zoom_range",
        "body.candidates[0].spec.rotaton_range",
        "body.candidates[0].spec.width_shift_range",
        "body.candidates[0].spec.brightness_range[1]",
        "body.candidates[1].name",
        "body.candidates[1].spec.fill_mode",
        "body.candidates[1].spec.height_shift_range",
        "body.evaluation.seeds",
        "body.evaluation.confidence",
        "body.trainin",
    }
    assert faults["body.candidates[0].spec.rotaton_range"].endswith("did you mean 'rotation_range'?")
    assert faults["body.evaluation.seeds"] == "got 1, expected greater than or equal to 2"


def test_what_was_meant_is_said_of_the_first_unknown_fields_only(shared_client: TestClient) -> None:
    """Each costs a comparison with every known name, and nobody misspells a hundred."""
    spec = {f"rotation_rang{index}": 20 for index in range(90)}
    faults = _faults(_post(shared_client, comparison_body({"a": spec})))
    of_first = [message for message in faults.values() if "did you mean" in message]
    assert len(of_first) == MAX_SUGGESTIONS
    assert list(faults)[:MAX_SUGGESTIONS] == [
        f"body.candidates[0].spec.rotation_rang{n}" for n in range(MAX_SUGGESTIONS)
    ]


def test_only_the_first_of_many_faults_are_named_and_all_are_counted(shared_client: TestClient) -> None:
    """An answer stays short, and says that there is more."""
    response = _post(shared_client, comparison_body({"a": {f"field_{index}": 1 for index in range(90)}}))
    assert len(_faults(response)) == MAX_NAMED_FIELDS
    assert response.json()["detail"].startswith(
        f"90 fields are not as expected, of which the first {MAX_NAMED_FIELDS} are"
    )


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"unknown": {}}, "body"),
        ({"training": {}}, "body.training"),
        ({"labels": {}}, "body.labels"),
        ({"model": {"name": "linear"}}, "body.model"),
    ],
    ids=["the body", "a part of it", "labels", "a model"],
)
def test_an_object_with_too_many_fields_is_one_fault(
    changes: dict[str, Any], location: str, shared_client: TestClient
) -> None:
    """Refused before its fields are looked at, so that none of them is named."""
    ((name, value),) = changes.items()
    many = {f"k{index}": 1 for index in range(20_000)}
    body = comparison_body(**(many if location == "body" else {name: value | many}))
    faults = _faults(_post(shared_client, body))
    assert list(faults) == [location]
    assert f"an object of at most {MAX_FIELDS} fields, not of 20" in faults[location]


def test_a_missing_field_is_named_where_it_should_be(shared_client: TestClient) -> None:
    """At the top and inside a list."""
    faults = _faults(_post(shared_client, {"kind": "comparison", "candidates": [{"name": "a"}]}))
    assert set(faults) == {"body.dataset", "body.candidates[0].spec"}
    assert faults["body.dataset"].startswith("got nothing, expected a value")


@pytest.mark.parametrize("body", [None, [], "text", 3, True], ids=repr)
def test_a_body_that_is_no_object_is_a_fault_of_the_whole_body(body: Any, shared_client: TestClient) -> None:
    """Valid JSON of another kind gets a message too."""
    assert set(_faults(_post(shared_client, body))) == {"body"}


def test_a_long_value_is_shown_in_part_only(shared_client: TestClient) -> None:
    """A message stays readable, and a client cannot have its megabyte sent back."""
    response = _post(shared_client, comparison_body({"a": {"fill_mode": "x" * 100_000}}))
    (message,) = _faults(response).values()
    assert message.startswith('got "xxx')
    assert len(response.content) < 2000


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "x"),
        ("limit", "9" * 5000),
        ("state", "done"),
        ("label", "nocolon"),
        ("label", "team:a\x00"),
        ("label", "team\n:a"),
        ("cursor", "x" * 41),
    ],
    ids=lambda text: ascii(text[:8]),
)
def test_a_faulty_query_parameter_is_named(parameter: str, value: str, shared_client: TestClient) -> None:
    """Its location begins with query."""
    assert set(_faults(shared_client.get("/v1/jobs", params={parameter: value}))) == {f"query.{parameter}"}


AWKWARD = [float("nan"), float("inf"), -(10**400), 10**400, "\x00", "\ud800", "{x}", "%s", "ä" * 300, -0.0, 1e308]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(AWKWARD)
KEYS = st.text(max_size=6) | st.sampled_from(["name", "spec", "kind", "\x00", "\ud800", "{0}", "[key]"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from _paths(below, (*path, key))


WHOLE = comparison_body(
    {"a": {"zoom_range": [0.9, 1.1], "width_shift_range": [0.1], "rescale": 0.5, "fill_mode": "wrap"}},
    model={"name": "linear"},
    labels={"team": "x"},
    baseline={"spec": {"rescale": 1.0}},
    device="cpu",
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(list(_paths(WHOLE))), value=VALUES, key=st.none() | KEYS)
def test_no_value_anywhere_in_a_request_makes_the_service_fail(
    shared_client: TestClient, path: tuple[Any, ...], value: Any, key: str | None
) -> None:
    """NaN, lone surrogates, NUL, braces, huge integers and wrong types are accepted or refused, never a 500."""
    body: Any = {"body": json.loads(json.dumps(WHOLE))}
    here, last = body, "body"
    for part in path:
        here, last = here[last], part
    if key is not None and isinstance(here[last], dict):
        here[last][key] = value
    else:
        here[last] = value
    response = _post(shared_client, body["body"], validate_only=True)
    assert response.status_code in (200, 422), response.text
    if response.status_code == 422:
        faults = _faults(response)
        assert faults
        assert all(location.startswith("body") for location in faults)


@pytest.mark.parametrize("depth", [10, 200, 450])
def test_deep_nesting_in_any_field_is_refused_and_not_a_failure(depth: int, shared_client: TestClient) -> None:
    """However deep, as a value of the wrong type or as an unknown field."""
    nested: Any = 1
    for level in range(depth):
        nested = [nested] if level % 2 else {"a": nested}
    for body in (
        nested,
        comparison_body({"a": {"width_shift_range": nested}}),
        comparison_body(unknown=nested),
        comparison_body(labels=nested if isinstance(nested, dict) else {"a": nested}),
    ):
        assert _faults(_post(shared_client, body))
