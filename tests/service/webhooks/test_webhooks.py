"""``/v1/webhooks``: registered, shown without secrets, changed, rotated, tested, deleted."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api_schemas.webhooks.delivery import DeliveryState
from api_schemas.webhooks.webhook import EVENT_TYPES
from store.database import Database
from store.rows import state_machines
from store.rows.outbox.tables import DeliveryRow, JobWebhookRow, WebhookRow
from store.rows.state_machines import move
from store.rows.webhooks import registered
from tests.service.auth.conftest import OTHERS, Guarded, guarding
from tests.store.databases import comparison_body

URL = "https://hooks.example/augury"


@pytest.fixture
def webhook(client: TestClient) -> dict[str, Any]:
    """One that was just registered, with its secret."""
    return _register(client)


def _register(client: TestClient, **changes: Any) -> dict[str, Any]:
    response = client.post("/v1/webhooks", json={"url": URL} | changes)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


def test_a_webhook_is_registered_and_its_secret_is_shown_once(client: TestClient) -> None:
    """The answer says where it is, may not be kept by caches, and has what signatures are checked with."""
    response = client.post("/v1/webhooks", json={"url": URL, "types": ["job.failed", "job.succeeded"]})
    made = response.json()
    assert response.headers["Location"] == f"/v1/webhooks/{made['id']}"
    assert response.headers["Cache-Control"] == "no-store"
    assert len(base64.b64decode(made.pop("secret").removeprefix("whsec_"))) == 32
    assert client.get(f"/v1/webhooks/{made['id']}").json() == made
    assert client.get("/v1/webhooks").json() == {"items": [made], "next_cursor": None}
    assert (made["state"], made["types"]) == ("active", ["job.succeeded", "job.failed"])


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "https://10.0.0.1/",
        "https://hooks.example:8443/",
        "https://a:b@hooks.example/",
        "x" * 9,
    ],
)
def test_an_address_that_may_not_be_told_is_refused(shared_client: TestClient, url: str) -> None:
    """At once, where its text tells."""
    response = shared_client.post("/v1/webhooks", json={"url": url})
    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert error["location"] == "body.url"


@pytest.mark.parametrize(
    ("change", "location"),
    [
        ({"types": ["job.suceeded"]}, "body.types[0]"),
        ({"types": []}, "body.types"),
        ({"jobs": "some"}, "body.jobs"),
        ({"description": "x" * 201}, "body.description"),
        ({"url": "https://" + "x" * 2000}, "body.url"),
        ({"secret": "mine"}, "body.secret"),
    ],
)
def test_what_is_wrong_is_named(shared_client: TestClient, change: dict[str, Any], location: str) -> None:
    """Field by field."""
    response = shared_client.post("/v1/webhooks", json={"url": URL} | change)
    assert response.status_code == 422
    assert [each["location"] for each in response.json()["errors"]] == [location]


def test_a_project_has_a_bounded_number_of_webhooks(client: TestClient) -> None:
    """One that is deleted makes room."""
    made = [_register(client) for _ in range(20)]
    refused = client.post("/v1/webhooks", json={"url": URL})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:augury:problem:too-many-webhooks")
    assert client.delete(f"/v1/webhooks/{made[0]['id']}").status_code == 204
    _register(client)


def test_pages_lead_through_all_of_them(client: TestClient) -> None:
    """Newest first."""
    made = [_register(client)["id"] for _ in range(3)]
    first = client.get("/v1/webhooks?limit=2").json()
    second = client.get(f"/v1/webhooks?limit=2&cursor={first['next_cursor']}").json()
    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None


def test_a_webhook_is_changed_and_the_rest_of_it_stays(client: TestClient, webhook: dict[str, Any]) -> None:
    """What is left out is not changed; null for types means all of them."""
    path = f"/v1/webhooks/{webhook['id']}"
    changed = client.patch(path, json={"types": ["job.failed"], "description": "mine", "state": "paused"}).json()
    assert (changed["types"], changed["description"], changed["state"]) == (["job.failed"], "mine", "paused")
    again = client.patch(path, json={"state": "active"}).json()
    assert again == changed | {"state": "active"}
    assert client.patch(path, json={"types": None, "jobs": "named"}).json() == again | {"types": None, "jobs": "named"}


@pytest.mark.parametrize("body", [{}, {"url": URL}, {"state": "disabled"}, {"state": "deleted"}])
def test_a_change_that_cannot_be_made_is_refused(client: TestClient, webhook: dict[str, Any], body: Any) -> None:
    """Nothing at all, another address, and states that only the service gives."""
    assert client.patch(f"/v1/webhooks/{webhook['id']}", json=body).status_code == 422


def test_a_disabled_webhook_says_why_and_can_be_brought_back(
    client: TestClient, database: Database, webhook: dict[str, Any]
) -> None:
    """By who has seen to its receiver."""
    with database.writing() as session:
        row = session.get_one(WebhookRow, webhook["id"])
        row.failures, row.failing_since = 7, 1.0
        session.flush()
        registered.disable(session, row, "nothing was delivered for 72 hours", 2.0)
    path = f"/v1/webhooks/{webhook['id']}"
    shown = client.get(path).json()
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "nothing was delivered for 72 hours")
    assert client.post(f"{path}/test").status_code == 409
    back = client.patch(path, json={"state": "active"}).json()
    assert (back["state"], back["disabled_reason"], back["failing_since"]) == ("active", None, None)


def test_another_secret_is_given_and_the_old_one_has_its_time(client: TestClient, webhook: dict[str, Any]) -> None:
    """Unless it has leaked."""
    path = f"/v1/webhooks/{webhook['id']}/rotate"
    response = client.post(path, json={})
    assert response.headers["Cache-Control"] == "no-store"
    rotated = response.json()
    assert rotated["secret"] != webhook["secret"]
    assert rotated["old_secret_until"] is not None
    leaked = client.post(path, json={"overlap_hours": 0}).json()
    assert leaked["old_secret_until"] is None
    assert len({webhook["secret"], rotated["secret"], leaked["secret"]}) == 3


def test_no_secret_is_in_the_database(client: TestClient, database: Database, webhook: dict[str, Any]) -> None:
    """Nor anything that it could be made of without the key."""
    client.post(f"/v1/webhooks/{webhook['id']}/rotate", json={})
    secret = base64.b64decode(webhook["secret"].removeprefix("whsec_"))
    with database.engine.connect() as connection:
        file = connection.connection.driver_connection
        assert isinstance(file, sqlite3.Connection)
        stored = "\n".join(file.iterdump())
    assert webhook["id"] in stored
    for form in (webhook["secret"], webhook["secret"][6:], secret.hex()):
        assert form not in stored


def test_a_ping_waits_to_be_sent_once(client: TestClient, webhook: dict[str, Any]) -> None:
    """Whoever asks again while it waits is shown the same."""
    path = f"/v1/webhooks/{webhook['id']}"
    response = client.post(f"{path}/test")
    assert response.status_code == 202
    message = response.json()
    assert (message["type"], message["state"], message["attempts"]) == ("webhook.ping", "queued", 0)
    assert message["payload"]["data"]["url"] == path
    assert client.post(f"{path}/test").json() == message
    assert client.get(f"{path}/deliveries").json() == {"items": [message], "next_cursor": None}


def test_deliveries_are_paged_and_narrowed(client: TestClient, database: Database, webhook: dict[str, Any]) -> None:
    """Newest first, and by state."""
    path = f"/v1/webhooks/{webhook['id']}"
    made = []
    for _ in range(3):
        made.append(client.post(f"{path}/test").json()["id"])
        _end(database, made[-1], DeliveryState.DELIVERED)
    first = client.get(f"{path}/deliveries?limit=2").json()
    second = client.get(f"{path}/deliveries?limit=2&cursor={first['next_cursor']}").json()
    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert client.get(f"{path}/deliveries?state=failed").json()["items"] == []
    assert len(client.get(f"{path}/deliveries?state=delivered").json()["items"]) == 3
    assert client.get(f"{path}/deliveries?state=lost").status_code == 422


def _end(database: Database, message_id: str, state: DeliveryState) -> None:
    with database.writing() as session:
        assert move(session, state_machines.DELIVERY, message_id, DeliveryState.SENDING)
        assert move(session, state_machines.DELIVERY, message_id, state, finished_at=1.0)


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.FAILED])
def test_a_message_that_is_over_is_sent_again(
    client: TestClient, database: Database, webhook: dict[str, Any], state: DeliveryState
) -> None:
    """Under the same id; not before it is over, and not to a webhook that rests."""
    path = f"/v1/webhooks/{webhook['id']}"
    message = client.post(f"{path}/test").json()
    again = f"{path}/deliveries/{message['id']}/redeliver"
    assert client.post(again).json()["type"] == "urn:augury:problem:cannot-deliver"
    _end(database, message["id"], state)
    client.patch(path, json={"state": "paused"})
    assert client.post(again).status_code == 409
    client.patch(path, json={"state": "active"})
    response = client.post(again)
    assert (response.status_code, response.json()["id"], response.json()["state"]) == (202, message["id"], "queued")


def test_a_deleted_webhook_is_gone(client: TestClient, database: Database, webhook: dict[str, Any]) -> None:
    """In every route, and its secret cannot be made any more."""
    path = f"/v1/webhooks/{webhook['id']}"
    assert client.delete(path).status_code == 204
    for method, rest in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/test")):
        assert client.request(method, path + rest).status_code == 404
    assert client.get("/v1/webhooks").json()["items"] == []
    with database.reading() as session:
        assert session.get_one(WebhookRow, webhook["id"]).salt == ""


def test_a_job_names_webhooks(client: TestClient, database: Database) -> None:
    """It says so in its request, and these are noted."""
    webhook = _register(client, jobs="named")
    job = client.post("/v1/jobs", json=comparison_body(notify=[webhook["id"]])).json()
    assert job["request"]["notify"] == [webhook["id"]]
    with database.reading() as session:
        assert session.scalars(select(JobWebhookRow.webhook_id)).all() == [webhook["id"]]
    client.post(f"/v1/jobs/{job['id']}/cancel")
    [message] = client.get(f"/v1/webhooks/{webhook['id']}/deliveries").json()["items"]
    assert (message["type"], message["payload"]["data"]["id"]) == ("job.cancelled", job["id"])


@pytest.mark.parametrize("validate_only", [False, True])
def test_a_job_cannot_name_what_is_not_there(client: TestClient, validate_only: bool) -> None:
    """The refusal says which; nothing is stored."""
    known = _register(client)["id"]
    gone = _register(client)["id"]
    client.delete(f"/v1/webhooks/{gone}")
    body = comparison_body(notify=[known, gone])
    response = client.post(f"/v1/jobs?validate_only={str(validate_only).lower()}", json=body)
    assert response.status_code == 422
    assert [each["location"] for each in response.json()["errors"]] == ["body.notify[1]"]
    assert client.get("/v1/jobs").json()["items"] == []


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A service with keys to two projects."""
    with guarding(tmp_path_factory.mktemp("guarded")) as found:
        yield found


def test_another_project_names_no_webhook_of_this_one(guarded: Guarded) -> None:
    """The answer is that to an id which nobody has; and no list shows it."""
    own, theirs = guarded.key(), guarded.key(project=OTHERS)
    webhook = guarded.ask(own, "POST", "/v1/webhooks", json={"url": URL}).json()
    unknown = webhook["id"][:-8] + "ffffffff"
    answers = [
        guarded.ask(theirs, "POST", "/v1/jobs", json=comparison_body(notify=[each])).json()
        for each in (webhook["id"], unknown)
    ]
    details = [[each["message"].replace(webhook["id"], unknown) for each in answer["errors"]] for answer in answers]
    assert details[0] == details[1] != []
    assert guarded.ask(theirs, "GET", "/v1/webhooks").json()["items"] == []


def test_a_webhook_says_which_key_registered_it(guarded: Guarded) -> None:
    """By its public id."""
    key = guarded.key()
    webhook = guarded.ask(key, "POST", "/v1/webhooks", json={"url": URL}).json()
    assert webhook["created_by"].startswith("key_")
    assert webhook["created_by"].removeprefix("key_") in key


def test_the_document_names_every_type_of_event(shared_client: TestClient) -> None:
    """So that generated clients know them."""
    schema = shared_client.get("/openapi.json").json()["components"]["schemas"]["WebhookRequest"]
    assert str(list(EVENT_TYPES))[1:-1] in str(schema)


def test_messages_of_a_webhook_are_its_own(client: TestClient, database: Database) -> None:
    """One is not found under the id of another."""
    first, second = _register(client)["id"], _register(client)["id"]
    message = client.post(f"/v1/webhooks/{first}/test").json()["id"]
    _end(database, message, DeliveryState.FAILED)
    assert client.post(f"/v1/webhooks/{second}/deliveries/{message}/redeliver").status_code == 404
    with database.reading() as session:
        assert session.get_one(DeliveryRow, message).state == DeliveryState.FAILED


def test_the_key_lies_in_the_data_directory(tmp_path: Path, client: TestClient, webhook: dict[str, Any]) -> None:
    """Made with the first webhook, for its owner alone."""
    assert webhook["secret"] not in (tmp_path / "webhooks.key").read_text()
    assert (tmp_path / "webhooks.key").stat().st_mode & 0o077 == 0
