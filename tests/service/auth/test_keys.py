"""``/v1/keys``: who may come in, and what one who is in may give away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api_schemas.access.keys import SCOPES
from service.auth import admission
from store.ids import DEFAULT_PROJECT
from store.rows.access import keys
from tests.service.auth.conftest import OTHERS, Guarded, bearer, guarding


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    """A service of a test's own."""
    with guarding(tmp_path) as found:
        yield found


@pytest.fixture
def admin(guarded: Guarded) -> str:
    """A key that may everything."""
    return guarded.key()


def _create(guarded: Guarded, key: str, **request: Any) -> Any:
    return guarded.ask(key, "POST", "/v1/keys", json={"name": "new", **request})


def test_a_key_is_made_and_works(guarded: Guarded, admin: str) -> None:
    """It is shown in the answer, which no cache may keep, and nowhere else."""
    response = _create(guarded, admin)
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    made = response.json()
    assert made["scopes"] == ["read", "submit"]
    assert guarded.ask(made["key"], "GET", "/v1/jobs").status_code == 200
    shown = guarded.ask(admin, "GET", response.headers["Location"])
    assert shown.json() == {name: value for name, value in made.items() if name != "key"} | {
        "last_used_at": shown.json()["last_used_at"]
    }
    assert made["key"] not in guarded.ask(admin, "GET", "/v1/keys").text


def test_a_key_belongs_to_the_project_of_who_made_it(guarded: Guarded) -> None:
    """And says which key that was."""
    theirs = guarded.key(project=OTHERS)
    made = _create(guarded, theirs).json()
    assert made["project"] == OTHERS
    with guarded.database.reading() as session:
        maker = keys.belonging_to(session, theirs)
    assert maker is not None
    assert made["created_by"] == maker.id


def test_a_key_cannot_make_one_that_may_more(guarded: Guarded) -> None:
    """Whatever it asks for; what it has itself it may give."""
    only_admin = guarded.key("admin")
    for scopes in (["read"], ["admin", "submit"], list(SCOPES)):
        refused = _create(guarded, only_admin, scopes=scopes)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:augury:problem:cannot-grant")
    assert _create(guarded, only_admin, scopes=["admin"]).status_code == 201


def test_a_key_cannot_make_one_that_lasts_longer(guarded: Guarded, admin: str) -> None:
    """One that asks for nothing ends with it."""
    short = _create(guarded, admin, scopes=["admin"], expires_in_days=1).json()
    refused = _create(guarded, short["key"], scopes=["admin"], expires_in_days=2)
    assert refused.json()["type"] == "urn:augury:problem:cannot-grant"
    assert _create(guarded, short["key"], scopes=["admin"]).json()["expires_at"] == short["expires_at"]


def test_a_key_is_replaced_with_an_overlap(guarded: Guarded, admin: str) -> None:
    """Both work until the old one ends; another project's cannot be made to end."""
    old = _create(guarded, admin).json()
    new = _create(guarded, admin, replaces=old["id"], overlap_hours=1).json()
    for each in (old, new):
        assert guarded.ask(each["key"], "GET", "/v1/jobs").status_code == 200
    assert guarded.ask(admin, "GET", f"/v1/keys/{old['id']}").json()["expires_at"] is not None
    theirs = _create(guarded, guarded.key(project=OTHERS)).json()
    assert _create(guarded, admin, replaces=theirs["id"]).status_code == 404
    assert guarded.ask(guarded.key(project=OTHERS), "GET", f"/v1/keys/{theirs['id']}").json()["expires_at"] is None


def test_a_revoked_key_stops_working(guarded: Guarded, admin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as it is looked up again, which the service does each second; it is still listed."""
    monkeypatch.setattr(admission, "_REMEMBERED_SECONDS", 0.0)
    made = _create(guarded, admin).json()
    assert guarded.ask(made["key"], "GET", "/v1/jobs").status_code == 200
    assert guarded.ask(admin, "DELETE", f"/v1/keys/{made['id']}").status_code == 204
    assert guarded.ask(made["key"], "GET", "/v1/jobs").status_code == 401
    listed = guarded.ask(admin, "GET", "/v1/keys").json()["items"]
    assert next(each["state"] for each in listed if each["id"] == made["id"]) == "revoked"


def test_a_key_is_looked_up_once_in_a_while(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asks again and again does not have the database asked each time."""
    monkeypatch.setattr(admission, "_REMEMBERED_SECONDS", 60.0)
    key, looks = guarded.key(), []
    look_up = admission.of_key
    monkeypatch.setattr(admission, "of_key", lambda *arguments: looks.append(1) or look_up(*arguments))
    for _ in range(5):
        assert guarded.ask(key, "GET", "/v1/jobs").status_code == 200
    assert len(looks) == 1


def test_what_is_wrong_is_not_remembered(guarded: Guarded) -> None:
    """A key that did not work may be one that does in a moment, and wrong ones would push out the right ones."""
    key = guarded.key(revoked=True)
    assert guarded.ask(key, "GET", "/v1/jobs").status_code == 401
    with guarded.database.writing() as session:
        row = keys.belonging_to(session, key)
        assert row is not None
        row.revoked_at = None
    assert guarded.ask(key, "GET", "/v1/jobs").status_code == 200


def test_the_last_use_of_a_key_is_noted(guarded: Guarded, admin: str) -> None:
    """When it is used first."""
    made = _create(guarded, admin).json()
    assert made["last_used_at"] is None
    guarded.ask(made["key"], "GET", "/v1/jobs")
    assert guarded.ask(admin, "GET", f"/v1/keys/{made['id']}").json()["last_used_at"] is not None


@pytest.mark.parametrize(
    ("request_", "location"),
    [
        ({"name": ""}, "body.name"),
        ({"scopes": []}, "body.scopes"),
        ({"scopes": ["write"]}, "body.scopes[0]"),
        ({"expires_in_days": 0}, "body.expires_in_days"),
        ({"expires_in_days": 1e9}, "body.expires_in_days"),
        ({"replaces": "job_1"}, "body.replaces"),
        ({"overlap_hours": -1}, "body.overlap_hours"),
        ({"project": "others"}, "body.project"),
    ],
)
def test_a_faulty_request_is_told_where(guarded: Guarded, admin: str, request_: dict[str, Any], location: str) -> None:
    """The project is not asked for: it is that of who asks."""
    refused = _create(guarded, admin, **request_)
    assert refused.status_code == 422
    assert [each["location"] for each in refused.json()["errors"]] == [location]


def test_a_body_is_not_read_for_who_may_not_send_it(guarded: Guarded) -> None:
    """403 comes before what is wrong with it, and 401 before that it is too large."""
    reader, huge, json_type = guarded.key("read"), "x" * 2_000_000, {"Content-Type": "application/json"}
    headers = bearer(reader) | json_type
    assert guarded.client.post("/v1/jobs", content="{", headers=headers).status_code == 403
    assert guarded.client.post("/v1/jobs", content=huge, headers=json_type).status_code == 401


def test_on_loopback_who_brings_no_key_makes_the_first(client: TestClient) -> None:
    """With which others can be let in, later and elsewhere."""
    made = client.post("/v1/keys", json={"name": "first", "scopes": list(SCOPES)})
    assert made.status_code == 201
    assert (made.json()["project"], made.json()["created_by"]) == (DEFAULT_PROJECT, None)
