"""Every route, and who may not have it: no key, a wrong or an ended one, another project's, and one of each scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute

from api_schemas.access.keys import SCOPES, Scope
from service.auth.middleware import is_public
from service.main import create_app
from service.settings import ServiceSettings
from service.web import routes as page_routes
from store.ids import DEFAULT_PROJECT
from store.rows import jobs
from store.rows.access import keys
from store.rows.models import registered
from store.rows.outbox import messages
from store.rows.uploads import begun
from tests.service.auth.conftest import OTHERS, Guarded, bearer, guarding, new_key
from tests.service.conftest import UNREACHABLE, application
from tests.store.databases import NOW, comparison_body, running_job
from tests.store.rows.webhooks.telling import new_webhook

WRONG = "augury_" + "0" * 32 + "_" + "x" * 38
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/jobs"): comparison_body(),
    ("POST", "/v1/jobs/{job_id}/extend"): {"seeds": 9},
    ("POST", "/v1/datasets"): {"kind": "builtin", "name": "digits"},
    ("POST", "/v1/models"): {"kind": "path", "path": "/nowhere.keras"},
    ("POST", "/v1/lint"): {"spec": {"rotation_range": 5}},
    ("POST", "/v1/exports"): {"spec": {"rotation_range": 5}, "target": "keras"},
    ("POST", "/v1/previews"): {"dataset": {"kind": "builtin", "name": "digits"}, "spec": {"rotation_range": 5}},
    ("POST", "/v1/keys"): {"name": "another", "scopes": ["admin"]},
    ("POST", "/v1/webhooks"): {"url": "https://hooks.example/"},
    ("PATCH", "/v1/webhooks/{webhook_id}"): {"description": "another"},
    ("POST", "/v1/webhooks/{webhook_id}/rotate"): {},
    ("PUT", "/v1/session"): {"project": "default"},
}
"""Of routes that take one: valid, so that nothing but who asks is in the way."""
LISTS = ("/v1/jobs", "/v1/datasets", "/v1/uploads", "/v1/models", "/v1/webhooks")


class Operation(NamedTuple):
    """A method on a path with its parameters in it."""

    method: str
    template: str

    @property
    def scope(self) -> Scope:
        """What it takes, said independently of the routes."""
        if self.template == "/metrics":
            return "metrics"
        if self.template.startswith(("/v1/keys", "/v1/audit", "/v1/webhooks")) or self == ("DELETE", "/v1/project"):
            return "admin"
        if self.template == "/v1/session":
            return "read"
        return "read" if self.method == "GET" or self.template in ("/v1/lint", "/v1/exports") else "submit"

    @property
    def body(self) -> dict[str, Any] | None:
        """A valid one, where the route takes one."""
        return BODIES.get((self.method, self.template))


def _routes(routes: list[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        yield from _routes(getattr(getattr(route, "original_router", None), "routes", []))


def _operations() -> list[Operation]:
    """All of the service that the document is to have; it takes long to write, and every process would have to."""
    import tempfile  # the routes are needed before there is any fixture

    with tempfile.TemporaryDirectory() as folder:
        routes = create_app(ServiceSettings(data_dir=Path(folder), broker_url=UNREACHABLE)).routes
    documented = [route for route in _routes(routes) if route.include_in_schema and not is_public(route.path)]
    return [Operation(method, route.path) for route in documented for method in _methods(route.methods)]


def _methods(methods: Iterable[str]) -> list[str]:
    # HEAD is answered as GET is, without a body that could be looked at.
    return sorted({method.upper() for method in methods} - {"HEAD"})


OPERATIONS = _operations()
NAMING = [each for each in OPERATIONS if "{" in each.template]
of_every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.template}")


@pytest.fixture(scope="module")
def objects(guarded: Guarded) -> dict[str, str]:
    """What the first project has: one of everything that a path may name."""
    with guarded.database.writing() as session:
        job = running_job(session)
        assert jobs.succeed(session, job.id, "jobs/report.json", NOW, {"augmented.zip": _FACTS})
        reference: dict[str, object] = {"kind": "path", "path": "/net.keras", "architecture": None}
        model = registered.register(session, DEFAULT_PROJECT, reference, NOW)
        key = keys.page(session, DEFAULT_PROJECT, NOW, limit=1, cursor=None).items[0]
        ids = {"job_id": job.id, "dataset_id": job.dataset_id, "model_id": model.id, "key_id": key.id}
        upload = begun.begin(
            session, DEFAULT_PROJECT, name=None, length=1, sha256=None, now=NOW, expires_at=2 * NOW
        )  # fmt: skip
        ids["upload_id"] = upload.id
        webhook = new_webhook(session)
        ids |= {"webhook_id": webhook.id, "delivery_id": messages.ping(session, webhook, NOW).id}
    return ids | {"name": "augmented.zip"}


_FACTS = {"media_type": "application/zip", "bytes": 1, "sha256": "0" * 64}


_QUERIES = {"/v1/events": "?follow=false"}
"""Of those that would not come to an end by themselves."""
_HEADERS = {
    ("POST", "/v1/uploads"): {"Upload-Length": "1"},
    ("PATCH", "/v1/uploads/{upload_id}"): {"Upload-Offset": "0"},
}
"""Of those that ask for some."""


def _ask(guarded: Guarded, operation: Operation, objects: dict[str, str], headers: dict[str, str]) -> Any:
    path = operation.template.format_map(objects) + _QUERIES.get(operation.template, "")
    more = _HEADERS.get((operation.method, operation.template), {})
    guarded.client.cookies.clear()  # a browser's session, which an earlier request may have begun
    return guarded.client.request(operation.method, path, headers=headers | more, json=operation.body)


def test_every_route_is_among_the_operations(tmp_path: Path) -> None:
    """No route is kept out of the document, and so out of what is asked here, but those of the pages."""
    routes = list(_routes(application(tmp_path).routes))
    assert len(routes) > 20
    hidden = {route.path for route in routes if not route.include_in_schema}
    pages = {route.path for route in _routes(page_routes.router.routes)}
    assert {path for path in hidden if not is_public(path)} <= pages
    asked = {each.template for each in OPERATIONS}
    assert {path for path in (route.path for route in routes) if not is_public(path)} - hidden == asked
    written = {
        Operation(method, path) for path, each in _document("auto")["paths"].items() for method in _methods(each)
    }
    assert {each for each in written if not is_public(each.template)} == set(OPERATIONS)


@of_every_operation
@pytest.mark.parametrize(
    ("headers", "problem", "error"),
    [
        ({}, "key-required", None),
        ({"Authorization": "Basic YTpi"}, "key-required", None),
        (bearer(WRONG), "key-not-valid", "invalid_token"),
        (bearer("x"), "key-not-valid", "invalid_token"),
    ],
    ids=["no key", "another scheme", "wrong key", "no key of ours"],
)
def test_nobody_comes_in_without_a_key_of_the_service(
    guarded: Guarded,
    objects: dict[str, str],
    operation: Operation,
    headers: dict[str, str],
    problem: str,
    error: str | None,
) -> None:
    """401 with a challenge, which says nothing of an error where no key was sent (RFC 6750, section 3.1)."""
    response = _ask(guarded, operation, objects, headers)
    assert response.status_code == 401
    assert response.json()["type"].endswith(f":{problem}")
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="augury"')
    assert ("error=" in challenge) == (error is not None)
    assert error is None or f'error="{error}"' in challenge


@pytest.fixture(scope="module")
def ended(guarded: Guarded) -> dict[str, str]:
    """Keys that worked once."""
    return {"expired": guarded.key(ended=True), "revoked": guarded.key(revoked=True)}


@of_every_operation
@pytest.mark.parametrize("how", ["expired", "revoked"])
def test_a_key_that_has_ended_opens_nothing(
    guarded: Guarded, objects: dict[str, str], ended: dict[str, str], operation: Operation, how: str
) -> None:
    """401, and how it ended."""
    response = _ask(guarded, operation, objects, bearer(ended[how]))
    assert response.status_code == 401
    assert response.json()["detail"].endswith(f"is {how}")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@pytest.fixture(scope="module")
def by_scope(guarded: Guarded) -> dict[str, str]:
    """A key for each scope alone."""
    return {scope: guarded.key(scope, project=OTHERS) for scope in SCOPES}


@of_every_operation
@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_opens_what_its_scope_is_for(
    guarded: Guarded, objects: dict[str, str], by_scope: dict[str, str], operation: Operation, scope: Scope
) -> None:
    """403 and the scope that it takes for all else, before the body or what the path names is looked at."""
    response = _ask(guarded, operation, objects, bearer(by_scope[scope]))
    if scope == operation.scope:
        assert response.status_code not in (401, 403)
    else:
        assert response.status_code == 403
        challenge = response.headers["WWW-Authenticate"]
        assert f'error="insufficient_scope", scope="{operation.scope}"' in challenge


@pytest.fixture(scope="module")
def of_others(guarded: Guarded) -> str:
    """A key that may everything, in another project."""
    return guarded.key(project=OTHERS)


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if "{" in each.template],
    ids=lambda each: f"{each.method} {each.template}",
)
def test_another_projects_objects_do_not_exist(
    guarded: Guarded, objects: dict[str, str], of_others: str, operation: Operation
) -> None:
    """The answer is that to an id which nobody has, word for word but for the id."""
    theirs = _ask(guarded, operation, objects, bearer(of_others))
    unknown = {name: f"{value[:-8]}ffffffff" for name, value in objects.items()}
    nobodys = _ask(guarded, operation, unknown, bearer(of_others))
    assert theirs.status_code == nobodys.status_code == 404
    first = {name: value for name, value in theirs.json().items() if name not in ("request_id", "instance")}
    second = {name: value for name, value in nobodys.json().items() if name not in ("request_id", "instance")}
    named = next(name for name in objects if f"{{{name}}}" in operation.template)
    assert first["detail"].replace(objects[named], unknown[named]) == second["detail"]
    assert first["type"] == second["type"]


@of_every_operation
def test_the_document_says_which_scope_an_operation_takes(tmp_path: Path, operation: Operation) -> None:
    """As a requirement where keys are needed, as an option where they are not."""
    document = _document("keys")["paths"][operation.template][operation.method.lower()]
    assert document["security"] == [{"key": [operation.scope]}]
    assert {"401", "403"} <= set(document["responses"])
    optional = _document("auto")["paths"][operation.template][operation.method.lower()]
    assert optional["security"] == [{}, {"key": [operation.scope]}]


@cache
def _document(auth: str) -> dict[str, Any]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        document: dict[str, Any] = application(Path(folder), auth=auth).openapi()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    return document


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/docs", "/docs/assets/start.js"])
def test_what_is_public_needs_no_key(guarded: Guarded, path: str) -> None:
    """Whether the service is well, and what it takes."""
    assert guarded.client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/", "/v1/nothing", "/metrics", "/docs/../v1/jobs", "/a-bug-in-the-service"])
def test_whatever_is_not_public_is_closed(guarded: Guarded, path: str) -> None:
    """Also what there is no route for, or will be one for."""
    assert guarded.client.get(path).status_code == 401


def test_lists_show_ones_own_project(tmp_path: Path) -> None:
    """Whatever they are narrowed to: by the dataset or the label of another's job there is nothing to be found."""
    with guarding(tmp_path) as guarded:
        own, other = new_key(guarded.database), new_key(guarded.database, project=OTHERS)
        job = _submit(guarded.client, own, labels={"team": "a"})
        for path in (*LISTS, f"/v1/jobs?dataset={job['dataset_id']}", "/v1/jobs?label=team:a", "/v1/jobs?state=queued"):
            assert guarded.ask(other, "GET", path).json()["items"] == []
            assert (guarded.ask(own, "GET", path).json()["items"] == []) == (
                path in ("/v1/uploads", "/v1/models", "/v1/webhooks")
            )


def _submit(client: TestClient, key: str, **changes: Any) -> dict[str, Any]:
    response = client.post("/v1/jobs", json=comparison_body(**changes), headers=bearer(key))
    assert response.status_code == 202, response.text
    job: dict[str, Any] = response.json()
    return job
