"""How many streams there may be, what they cost, and what ends them besides their job."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest

from service.events import routes
from store.rows.access import keys
from tests.servers import wait_for
from tests.service.auth.conftest import OTHERS, bearer, new_key
from tests.service.events.conftest import Served, served
from tests.service.events.hearing import Address, hearing, stored, stream
from tests.store.databases import migrated_copy
from tests.store.statements import statements

MANY = 200


def _listen(address: Address, path: str = "/v1/events") -> socket.socket:
    connection = socket.create_connection(address, timeout=60)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


def _until(connection: socket.socket, wanted: bytes) -> bytes:
    heard = b""
    while wanted not in heard:
        heard += connection.recv(65536)
    return heard


@pytest.fixture
def guarded(tmp_path: Path) -> Path:
    """The folder of a service that takes keys alone; without any it would not start."""
    database = migrated_copy(tmp_path)
    new_key(database)
    database.close()
    return tmp_path


def test_many_streams_cost_no_thread_each_and_all_of_them_are_told(tmp_path: Path) -> None:
    """And a client that is gone is forgotten."""
    with served(tmp_path) as service:
        with ExitStack() as opened:
            connections = [opened.enter_context(_listen(service.address)) for _ in range(MANY)]
            wait_for(lambda: service.streams.count == MANY, "all of them to be open")
            threads = threading.active_count()
            for connection in connections:
                _until(connection, b"retry:")
            job_id = service.new_job()
            for connection in connections:
                assert job_id.encode() in _until(connection, b"event: queued")
            assert threads < MANY / 4
        wait_for(lambda: service.streams.count == 0, "all of them to be forgotten")


def test_while_nothing_happens_one_statement_is_asked_however_many_listen(service: Served) -> None:
    """Whether anything was written; what they listen to is looked at only then, and once in a while."""
    with ExitStack() as opened:
        job_id = service.new_job()
        for path in ("/v1/events", f"/v1/jobs/{job_id}/events") * 5:
            _until(opened.enter_context(_listen(service.address, path)), b"retry:")
        with statements(service.database) as said:
            wait_for(lambda: sum("data_version" in each for each in said) >= 8, "the service to have looked")
        others = [each for each in said if "data_version" not in each]
        assert len(others) < len(said)


def test_a_project_may_hold_so_many_streams_and_the_service_so_many_of_all(guarded: Path) -> None:
    """Who has too many is told apart from who comes when there is no room, and both when to come again."""
    with served(guarded, max_event_streams=3, quota_event_streams=2, auth="keys") as service:
        own, other = (bearer(new_key(service.database, project=project)) for project in ("default", OTHERS))
        with ExitStack() as opened:
            for headers in (own, own):
                opened.enter_context(stream(service.address, "/v1/events", **headers))
            with stream(service.address, "/v1/events", **own) as refused:
                refused.read()
                assert (refused.status_code, refused.json()["type"].split(":")[-1]) == (429, "too-many-streams")
                assert int(refused.headers["Retry-After"]) > 0
            opened.enter_context(stream(service.address, "/v1/events", **other))
            with stream(service.address, "/v1/events", **other) as refused:
                refused.read()
                assert (refused.status_code, refused.json()["type"].split(":")[-1]) == (503, "streams-full")
                assert int(refused.headers["Retry-After"]) > 0
        wait_for(lambda: service.streams.count == 0, "them to be closed")
        with stream(service.address, "/v1/events", **own) as again:
            assert again.status_code == 200


def test_another_projects_jobs_are_not_heard_of(guarded: Path) -> None:
    """Not in its stream, whatever id it goes on from, and a job's own stream is not found."""
    with served(guarded, auth="keys") as service:
        other = bearer(new_key(service.database, "read", project=OTHERS))
        foreign = service.new_job()
        with stream(service.address, f"/v1/jobs/{foreign}/events", **other) as response:
            assert response.status_code == 404
        with hearing(service.address, "/v1/events?after=0", **other) as heard:
            service.tell(foreign, times=3)
            own = service.new_job(project=OTHERS)
            assert [event.data["job_id"] for event in islice(heard, 1)] == [own]


def test_the_stream_of_a_key_that_is_revoked_ends(guarded: Path) -> None:
    """Those of other keys go on."""
    with served(guarded, auth="keys") as service:
        revoked, kept = (new_key(service.database, "read") for _ in range(2))
        job_id = service.new_job()
        with (
            hearing(service.address, "/v1/events", **bearer(revoked)) as ending,
            hearing(service.address, f"/v1/jobs/{job_id}/events", **bearer(kept)) as going_on,
        ):
            next(stored(going_on))
            with service.database.writing() as session:
                row = keys.belonging_to(session, revoked)
                assert row is not None
                keys.revoke(row, service.database.now(session))
            assert list(ending) == []
            service.tell(job_id)
            assert next(stored(going_on)).name == "phase"


def test_a_service_that_is_told_to_stop_ends_its_streams_as_they_should_end(tmp_path: Path) -> None:
    """At the end of a whole answer, after which browsers come to the next service; nothing is broken off."""
    with ExitStack() as opened:
        with served(tmp_path) as service:
            heard = opened.enter_context(hearing(service.address, f"/v1/jobs/{service.new_job()}/events"))
            next(stored(heard))
        assert [event for event in heard if event.name != "progress"] == []


def test_whoever_a_proxy_vouches_for_is_asked_again_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream ends after a while, and goes on where it was for who is let in again."""
    monkeypatch.setattr(routes, "LOGIN_SECONDS", 0.0)
    with served(tmp_path, auth="proxy", groups=["lab=default:read"]) as service:
        user = {"X-Forwarded-User": "ann", "X-Forwarded-Groups": "lab"}
        with hearing(service.address, "/v1/events?after=0", **user) as heard:
            assert list(heard) == []
