"""One's own project over HTTP: what it shows, and how it is deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from store.rows.access import projects
from store.rows.ending import project_end
from tests.service.auth.conftest import OTHERS, Guarded, guarding
from tests.store.databases import comparison_body

LATE: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/v1/jobs", {"json": comparison_body()}),
    ("POST", "/v1/datasets", {"json": {"kind": "builtin", "name": "digits"}}),
    ("POST", "/v1/models", {"files": {"file": ("m.keras", b"z")}}),
    ("POST", "/v1/keys", {"json": {"name": "late"}}),
    ("POST", "/v1/previews", {"json": {"dataset": {"kind": "builtin", "name": "digits"}, "spec": {"zoom_range": 0.1}}}),
]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A service of the module's tests."""
    with guarding(tmp_path_factory.mktemp("guarded"), quota_datasets=9) as found:
        yield found


def test_a_project_shows_what_holds_for_it_and_what_there_is(guarded: Guarded) -> None:
    """Its own limits before those of all; nothing of another project."""
    own, other = guarded.key(project="shown"), guarded.key(project="empty")
    with guarded.database.writing() as session:
        projects.limit(projects.require_known(session, "shown"), {"jobs_waiting": 5})
    guarded.ask(own, "POST", "/v1/jobs", json=comparison_body())
    found = guarded.ask(own, "GET", "/v1/project").json()
    assert (found["name"], found["state"]) == ("shown", "active")
    assert (found["limits"]["jobs_waiting"], found["limits"]["datasets"]) == (5, 9)
    assert found["retention"] == {"jobs_days": None, "datasets_days": None, "models_days": None}
    assert (found["counts"]["jobs_waiting"], found["counts"]["trials_waiting"], found["counts"]["datasets"]) == (
        1,
        4,
        1,
    )
    assert set(guarded.ask(other, "GET", "/v1/project").json()["counts"].values()) == {0}


@pytest.mark.parametrize("said", [{}, {"confirm": ""}, {"confirm": "Doomed"}, {"confirm": OTHERS}])
def test_a_project_is_not_deleted_by_a_slip(guarded: Guarded, said: dict[str, str]) -> None:
    """Its name has to be said; that of another one deletes neither."""
    key = guarded.key(project="doomed")
    guarded.key(project=OTHERS)
    assert guarded.ask(key, "DELETE", "/v1/project", params=said).status_code == 422
    assert guarded.ask(key, "GET", "/v1/project").json()["state"] == "active"


@pytest.mark.parametrize(("method", "path", "sent"), LATE, ids=[f"{method} {path}" for method, path, _ in LATE])
def test_a_project_that_is_deleted_takes_nothing_new(
    guarded: Guarded, method: str, path: str, sent: dict[str, Any]
) -> None:
    """From that moment on; it can be looked at to the end, and deleted again to no effect."""
    name = f"late-{path.rsplit('/', 1)[1]}"
    key = guarded.key(project=name)
    begun = [guarded.ask(key, "DELETE", "/v1/project", params={"confirm": name}) for _ in range(2)]
    assert [(each.status_code, each.json()["state"]) for each in begun] == [(202, "deleting")] * 2
    refused = guarded.ask(key, method, path, **sent)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:augury:problem:project-deleting")
    assert guarded.ask(key, "GET", "/v1/jobs").status_code == 200


def test_when_it_is_gone_its_keys_are(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """401, as of a key that never was."""
    from service.auth import admission

    monkeypatch.setattr(admission, "_REMEMBERED_SECONDS", 0.0)
    key = guarded.key(project="brief")
    assert guarded.ask(key, "DELETE", "/v1/project", params={"confirm": "brief"}).status_code == 202
    with guarded.database.writing() as session:
        project_end.forget_rest(session, "brief", 99)
        assert project_end.finish(session, "brief")
    gone = guarded.ask(key, "GET", "/v1/project")
    assert (gone.status_code, gone.json()["type"]) == (401, "urn:augury:problem:key-not-valid")


def test_the_first_project_cannot_be_deleted(client: TestClient) -> None:
    """Whoever needs no key has it."""
    refused = client.delete("/v1/project", params={"confirm": "default"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:augury:problem:cannot-delete-project")
    assert client.get("/v1/project").json()["state"] == "active"
