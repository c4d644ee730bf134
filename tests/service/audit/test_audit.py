"""What is done leaves a row, in its own transaction; what is refused is counted; nothing secret is in either."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from service.remembered.refusals import MAX_ROWS, OTHERS, Refusal, Refusals
from store.database import Database
from store.rows.audit import trail
from store.rows.audit.tables import AuditRow
from store.rows.audit.trail import AuditFilter, Doer
from tests.service.auth.conftest import Guarded, bearer, guarding
from tests.store.databases import NOW, comparison_body, migrated_copy, running_job

SECRET = "hunter2-in-a-label"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    """A service that takes keys, of one test."""
    with guarding(tmp_path) as found:
        yield found


def _entries(guarded: Guarded, key: str, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = guarded.ask(key, "GET", "/v1/audit", params=query).json()["items"]
    return items


def test_every_change_is_in_the_trail_with_its_key_and_request(guarded: Guarded) -> None:
    """By the names of the operations, newest first, each once, with the id of what was changed."""
    key = guarded.key()
    job = guarded.ask(key, "POST", "/v1/jobs", json=comparison_body(labels={"x": SECRET}))
    job_id, dataset_id = job.json()["id"], job.json()["dataset_id"]
    guarded.ask(key, "POST", f"/v1/jobs/{job_id}/cancel")
    with guarded.database.writing() as session:
        other = running_job(session).id
    guarded.ask(key, "POST", f"/v1/jobs/{other}/stop")
    guarded.ask(key, "POST", f"/v1/jobs/{other}/cancel")
    model = guarded.ask(key, "POST", "/v1/models", files={"file": ("m.keras", b"z")}).json()["id"]
    guarded.ask(key, "DELETE", f"/v1/models/{model}")
    made = guarded.ask(key, "POST", "/v1/keys", json={"name": SECRET}).json()
    guarded.ask(key, "DELETE", f"/v1/keys/{made['id']}")
    guarded.ask(key, "POST", "/v1/datasets", json={"kind": "builtin", "name": "digits"})
    guarded.ask(key, "DELETE", f"/v1/datasets/{dataset_id}")
    entries = _entries(guarded, key)
    assert [(each["action"], each["object_id"]) for each in reversed(entries)] == [
        ("submit_job", job_id),
        ("cancel_job", job_id),
        ("stop_job", other),
        ("cancel_job", other),
        ("add_model", model),
        ("delete_model", model),
        ("create_key", made["id"]),
        ("revoke_key", made["id"]),
        ("add_dataset", dataset_id),
        ("delete_dataset", dataset_id),
    ]
    assert {(each["actor"], each["key_id"], each["outcome"], each["count"]) for each in entries} == {
        ("key", f"key_{key.split('_')[1]}", "done", 1)
    }
    assert entries[-1]["request_id"] == job.headers["X-Request-Id"]
    assert SECRET not in json.dumps(entries)
    assert made["key"].rsplit("_", 1)[1] not in json.dumps(entries)


def test_what_changes_nothing_is_not_in_the_trail(guarded: Guarded) -> None:
    """Looking, planning, linting, a request that is answered as before, and one that is faulty."""
    key = guarded.key()
    headers = {"Idempotency-Key": "one"}
    for _ in range(2):
        guarded.ask(key, "POST", "/v1/jobs", json=comparison_body(), headers=headers)
    guarded.ask(key, "POST", "/v1/jobs?validate_only=true", json=comparison_body())
    guarded.ask(key, "POST", "/v1/lint", json={"spec": {"rotation_range": 5}})
    guarded.ask(key, "POST", "/v1/jobs", json={"kind": "nonsense"})
    guarded.ask(key, "GET", "/v1/jobs")
    guarded.ask(key, "DELETE", "/v1/jobs/job_unknown")
    assert [each["action"] for each in _entries(guarded, key)] == ["submit_job"]


def test_a_change_that_is_undone_leaves_no_row(guarded: Guarded) -> None:
    """It is written by the transaction that makes the change."""

    def fail() -> None:
        with guarded.database.writing() as session:
            trail.append(session, "default", trail.OPERATOR, "create_key", NOW, "key_x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with guarded.database.reading() as session:
        assert session.scalars(select(AuditRow)).all() == []


def test_a_route_that_says_nothing_is_in_the_trail_all_the_same(guarded: Guarded) -> None:
    """So that one which is added is not forgotten; its action is its name."""
    key = guarded.key()
    app = guarded.client.app
    assert isinstance(app, FastAPI)

    @app.post("/v1/things/{name}/paint", status_code=201)
    def paint_thing(name: str) -> dict[str, str]:
        return {"name": name}

    assert guarded.ask(key, "POST", "/v1/things/chair/paint").status_code == 201
    found = _entries(guarded, key)[0]
    assert (found["action"], found["object_id"], found["outcome"]) == ("paint_thing", "chair", "done")


def test_what_a_route_has_made_is_in_the_trail_by_its_address(guarded: Guarded) -> None:
    """Its id stands in no path of the request; the answer says where it is."""
    key = guarded.key()
    made = guarded.ask(key, "POST", "/v1/webhooks", json={"url": "https://hooks.example/a"}).json()["id"]
    [entry] = _entries(guarded, key, action="register_webhook")
    assert entry["object_id"] == made


def test_refusals_are_counted_and_not_written_one_by_one(guarded: Guarded) -> None:
    """Those of a key that lacks a scope, or has ended, are shown to its project; what has no key, to the operator."""
    admin, reader, ended = guarded.key(), guarded.key("read"), guarded.key(revoked=True)
    for _ in range(30):
        guarded.ask(reader, "POST", "/v1/jobs", json=comparison_body())
        guarded.client.get("/v1/jobs", headers=bearer(ended))
        guarded.client.get("/v1/jobs")
    entries = _entries(guarded, admin, outcome="refused")
    told = {(each["action"], each["reason"], each["count"], each["key_id"]) for each in entries}
    assert told == {
        ("submit_job", "scope-missing", 30, f"key_{reader.split('_')[1]}"),
        ("request", "key-not-valid", 30, f"key_{ended.split('_')[1]}"),
    }
    with guarded.database.reading() as session:
        found = trail.page(session, None, AuditFilter(), limit=9, cursor=None).items
    assert [(each.action, each.reason, each.count, each.actor) for each in found] == [
        ("request", "key-required", 30, "nobody")
    ]


def test_however_many_are_refused_in_however_many_ways_few_rows_are_written(tmp_path: Path) -> None:
    """What is beyond the bound is counted together, and nothing is lost in the count."""
    database, refusals = migrated_copy(tmp_path), Refusals()
    for number in range(3 * MAX_ROWS):
        refusals.count(Refusal("default", Doer("key", f"key_{number}"), "submit_job", "scope-missing"))
    refusals.write(database)
    refusals.write(database)
    with database.reading() as session:
        rows = session.scalars(select(AuditRow)).all()
    assert len(rows) == MAX_ROWS + 1
    assert sum(row.count for row in rows) == 3 * MAX_ROWS
    assert [row.count for row in rows if row.action == OTHERS.action] == [2 * MAX_ROWS]
    database.close()


def test_refusals_are_kept_while_the_database_is_away(tmp_path: Path) -> None:
    """And written when it is back."""
    refusals = Refusals()
    refusals.count(OTHERS)
    away = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    refusals.write(away)
    away.close()
    database = migrated_copy(tmp_path / "there")
    refusals.write(database)
    with database.reading() as session:
        assert [row.count for row in session.scalars(select(AuditRow))] == [1]
    database.close()


def test_a_service_that_ends_writes_what_it_has_counted(tmp_path: Path) -> None:
    """A deployment loses no refusals."""
    with guarding(tmp_path) as guarded:
        guarded.client.get("/v1/jobs")
    database = Database(f"sqlite:///{tmp_path / 'augury.db'}")
    with database.reading() as session:
        assert [row.reason for row in session.scalars(select(AuditRow))] == ["key-required"]
    database.close()


def test_pages_of_the_trail_leave_nothing_out(guarded: Guarded) -> None:
    """By cursor, to the end, with a filter as well, and of one's own project alone."""
    key, others = guarded.key(), guarded.key(project="others")
    with guarded.database.writing() as session:
        for number in range(25):
            trail.append(session, "default", Doer("key", "key_a"), f"act_{number % 2}", NOW, f"thing_{number}")
    for query, expected in (({}, 25), ({"action": "act_1"}, 12), ({"object": "thing_3"}, 1), ({"key": "key_b"}, 0)):
        seen, cursor = [], None
        for _ in range(30):
            asked = {**query, "limit": 7} | ({"cursor": cursor} if cursor else {})
            page = guarded.ask(key, "GET", "/v1/audit", params=asked).json()
            seen += [each["id"] for each in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == sorted(set(seen), reverse=True)
        assert len(seen) == expected
    assert _entries(guarded, others) == []


def test_a_filter_that_few_rows_pass_looks_at_so_many_a_page(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may be empty, and there may be more: only next_cursor says that it was the last."""
    monkeypatch.setattr(trail, "MAX_LOOKED_AT", 10)
    key = guarded.key()
    with guarded.database.writing() as session:
        for number in range(25):
            trail.append(session, "default", trail.OPERATOR, f"act_{number}", NOW)
    first = guarded.ask(key, "GET", "/v1/audit", params={"action": "act_2"}).json()
    assert first["items"] == []
    assert first["next_cursor"] is not None
    second = guarded.ask(key, "GET", "/v1/audit", params={"action": "act_2", "cursor": first["next_cursor"]}).json()
    third = guarded.ask(key, "GET", "/v1/audit", params={"action": "act_2", "cursor": second["next_cursor"]}).json()
    assert [each["action"] for each in third["items"]] == ["act_2"]


def test_nobody_changes_the_trail_over_http(guarded: Guarded) -> None:
    """Neither is there an operation for it, nor does the store have a function."""
    document = guarded.client.get("/openapi.json").json()
    assert {path: sorted(each) for path, each in document["paths"].items() if "audit" in path} == {"/v1/audit": ["get"]}
    written = Path(trail.__file__).read_text()
    assert "update(" not in written
