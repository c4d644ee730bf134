"""Many clients that wait for jobs: what it costs, who is turned away, and what ends it besides news."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text

from service.watching.waiting import Waiting
from store.database import Database
from store.rows import jobs, trials
from tests.servers import wait_for
from tests.service.conftest import application, listening, serving
from tests.store.databases import NOW, claim, comparison_body, running_job
from tests.store.statements import statements


def _waiting(client: TestClient) -> Waiting:
    assert isinstance(client.app, FastAPI)
    waiting: Waiting = client.app.state.resources.waiting
    return waiting


def _submit(client: TestClient) -> str:
    job_id: str = client.post("/v1/jobs", json=comparison_body()).json()["id"]
    return job_id


@contextmanager
def _clients_that_wait(client: TestClient, job_ids: list[str]) -> Iterator[list[Future[Response]]]:
    """One for each of these jobs, all of which are being held when the block begins, and have to have news in it."""
    with ThreadPoolExecutor(len(job_ids)) as pool:
        headers = {"Prefer": "wait=20"}
        answers = [pool.submit(client.get, f"/v1/jobs/{job_id}", headers=headers) for job_id in job_ids]
        wait_for(lambda: _waiting(client).count == len(job_ids), "all of them to wait")
        yield answers


def test_the_database_is_asked_no_more_for_many_clients_than_for_one(client: TestClient, database: Database) -> None:
    """One look tells whether anything has changed for any of them."""
    asked = []
    for count in (1, 16):
        job_ids = [_submit(client) for _ in range(count)]
        with _clients_that_wait(client, job_ids):
            with statements(database) as said:
                time.sleep(1.5)
                asked.append(len(said))
            for job_id in job_ids:
                _begin(database, job_id)
    assert asked[1] <= 1.5 * asked[0] + 10


def test_each_client_gets_the_news_of_its_own_job_alone(client: TestClient, database: Database) -> None:
    """Those who wait for another job go on waiting."""
    changed, same = _submit(client), _submit(client)
    with _clients_that_wait(client, [changed, changed, same]) as answers:
        _begin(database, changed)
        assert [answer.result(15).json()["phase"] for answer in answers[:2]] == ["ingesting", "ingesting"]
        assert not answers[2].done()
        _begin(database, same)
        assert answers[2].result(15).json()["id"] == same


def _begin(database: Database, job_id: str) -> None:
    with database.writing() as session:
        job = jobs.locked(session, job_id)
        assert job is not None
        jobs.begin(session, job, jobs.Phase.INGESTING, NOW)


def test_progress_is_news(client: TestClient, database: Database) -> None:
    """An epoch of one trial is enough."""
    with database.writing() as session:
        job_id = running_job(session).id
        claim(session, trials.of_job(session, job_id)[0][1])
    with _clients_that_wait(client, [job_id]) as answers:
        with database.writing() as session:
            session.execute(text("update trials set epoch = 1 where state = 'running'"))
        assert answers[0].result(15).json()["progress"]["fraction"] == 0.25


def test_what_no_client_sees_is_no_news(client: TestClient, database: Database) -> None:
    """The job is looked at, and nobody is told of it."""
    job_id = _submit(client)
    with _clients_that_wait(client, [job_id]) as answers:
        with database.writing() as session:
            session.execute(text("update jobs set started_at = 1.0"))
            session.execute(text("update jobs set started_at = null"))
            session.execute(text("insert into workers_seen (kind, seen_at) values ('gpu', 1e12)"))
        time.sleep(0.8)
        assert not answers[0].done()
        _begin(database, job_id)
        assert answers[0].result(15).json()["phase"] == "ingesting"


def test_more_clients_than_may_wait_are_answered_at_once(tmp_path: Path) -> None:
    """With the job as it is, and without the promise to have waited."""
    with serving(tmp_path / "small", max_waiting_clients=1) as client:
        job_id = _submit(client)
        with _clients_that_wait(client, [job_id]) as answers:
            response = client.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=20"})
            assert not answers[0].done()
            client.post(f"/v1/jobs/{job_id}/cancel")
    assert response.json()["state"] == "queued"
    assert "Preference-Applied" not in response.headers


def test_a_client_that_goes_away_is_not_waited_for(tmp_path: Path) -> None:
    """It would take a place from another."""
    app = application(tmp_path)
    with listening(app) as address:
        database = app.state.resources.database
        with database.writing() as session:
            job_id = running_job(session).id
        request = f"GET /v1/jobs/{job_id} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=60\r\n\r\n"
        with socket.create_connection(address) as connection:
            connection.sendall(request.encode())
            wait_for(lambda: app.state.resources.waiting.count == 1, "the client to wait")
        wait_for(lambda: app.state.resources.waiting.count == 0, "the client to be forgotten")


def test_a_database_that_goes_away_ends_the_wait(client: TestClient, database: Database) -> None:
    """As if the client had asked just then; whoever comes when it is back waits again."""
    job_id = _submit(client)
    with _clients_that_wait(client, [job_id]) as answers:
        with database.writing() as session:
            session.execute(text("alter table jobs rename to elsewhere"))
        response = answers[0].result(15)
        with database.writing() as session:
            session.execute(text("alter table elsewhere rename to jobs"))
    assert (response.status_code, response.json()["type"]) == (503, "urn:augury:problem:database-unavailable")
    with _clients_that_wait(client, [job_id]) as answers:
        _begin(database, job_id)
        assert answers[0].result(15).status_code == 200


def test_a_job_that_is_forgotten_meanwhile_is_not_found(client: TestClient, database: Database) -> None:
    """There is nothing left to answer with."""
    job_id = _submit(client)
    with _clients_that_wait(client, [job_id]) as answers:
        with database.writing() as session:
            session.execute(text("delete from job_events"))
            session.execute(text("delete from jobs"))
        assert answers[0].result(15).status_code == 404


def test_a_service_that_is_told_to_stop_answers_those_who_wait(tmp_path: Path) -> None:
    """With the job as it is: the server waits for answers, and is not to wait for theirs to come by themselves."""
    app = application(tmp_path)
    with ExitStack() as opened:
        with listening(app) as address:
            with app.state.resources.database.writing() as session:
                job_id = running_job(session).id
            request = f"GET /v1/jobs/{job_id} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=60\r\n\r\n"
            connection = opened.enter_context(socket.create_connection(address))
            connection.sendall(request.encode())
            wait_for(lambda: app.state.resources.waiting.count == 1, "the client to wait")
        connection.settimeout(5)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"Preference-Applied" in answer or b"preference-applied" in answer
