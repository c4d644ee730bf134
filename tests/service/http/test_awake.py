"""The service answers while it is busy: what takes long is done beside the loop and beside the shared threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from service.capacity import MAX_SMALL_BODY_BYTES
from service.http.bodies import MAX_AT_ONCE_BYTES
from service.specs import previews
from tests.servers import wait_for
from tests.service.conftest import LOOPBACK_URL, application
from tests.store.databases import DIGITS, comparison_body

SHARED_THREADS = 40
JSON = {"Content-Type": "application/json"}
PREVIEW = {"dataset": DIGITS, "spec": {"rotation_range": 20}}


class Held:
    """Stands in for a function that takes long: whoever calls it is held until `go`."""

    def __init__(self, function: Callable[..., Any], holds: Callable[..., bool] = lambda *_: True) -> None:
        self.calls, self.go = 0, threading.Event()
        self._function, self._holds = function, holds

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Whatever the function returns, later."""
        if self._holds(*arguments):
            self.calls += 1
            assert self.go.wait(60)
        return self._function(*arguments, **options)


@contextmanager
def _sending(held: Held, count: int, send: Callable[[], Response]) -> Iterator[list[Future[Response]]]:
    """So many requests that are being held, and those that wait for them."""
    with ThreadPoolExecutor(count) as pool:
        answers = [pool.submit(send) for _ in range(count)]
        try:
            wait_for(lambda: held.calls, "the first of them to be held")
            yield answers
        finally:
            held.go.set()


def _within_seconds(client: TestClient, path: str) -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(client.get, path).result(40).status_code


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/lint", "/v1/previews", "/v1/datasets"])
@pytest.mark.parametrize("padding", [MAX_AT_ONCE_BYTES, MAX_SMALL_BODY_BYTES], ids=["small", "large"])
def test_a_body_is_checked_while_others_are_answered(
    path: str, padding: int, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless it is tiny; a service that does nothing else until it is done looks dead."""
    held = Held(json.loads, lambda content, *_: b"held" in content)
    monkeypatch.setattr(json, "loads", held)
    body = b'{"kind": "held"}' + b" " * padding
    with _sending(held, 1, lambda: client.post(path, content=body, headers=JSON)) as answers:
        assert _within_seconds(client, "/healthz") == 200
        assert not answers[0].done()
    assert answers[0].result().status_code == 422


def test_small_bodies_do_not_wait_for_large_ones(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which may take a hundred times as long."""
    held = Held(json.loads, lambda content, *_: len(content) > MAX_SMALL_BODY_BYTES)
    monkeypatch.setattr(json, "loads", held)
    large = b"{" + b" " * MAX_SMALL_BODY_BYTES
    with _sending(held, 5, lambda: client.post("/v1/jobs", content=large, headers=JSON)), ThreadPoolExecutor(1) as pool:
        response = pool.submit(client.post, "/v1/jobs", json=comparison_body()).result(40)
    assert response.status_code == 202


def test_more_large_bodies_than_may_wait_are_turned_away(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them is held in memory."""
    assert isinstance(client.app, FastAPI)
    monkeypatch.setattr(client.app.state.resources.capacity.large_bodies, "max_waiting", 2)
    held = Held(json.loads, lambda content, *_: len(content) > MAX_SMALL_BODY_BYTES)
    monkeypatch.setattr(json, "loads", held)
    large = b"{" + b" " * MAX_SMALL_BODY_BYTES
    with _sending(held, 6, lambda: client.post("/v1/jobs", content=large, headers=JSON)) as answers:
        wait_for(lambda: sum(answer.done() for answer in answers) >= 3, "the others to be turned away")
    statuses = sorted(answer.result().status_code for answer in answers)
    assert statuses == [422, 422, 422, 503, 503, 503]


def test_a_faulty_body_and_a_faulty_header_are_named_at_once(client: TestClient) -> None:
    """Although the body is looked at elsewhere; the header comes first."""
    response = client.post("/v1/jobs", json={"kind": "nothing"}, headers={"Idempotency-Key": "with space"})
    locations = [error["location"] for error in response.json()["errors"]]
    assert locations == ["header.idempotency-key", "body.kind"]


def test_previews_that_wait_hold_no_thread_of_others(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than there are shared threads, and what needs one is answered."""
    held = Held(previews.prepare)
    monkeypatch.setattr(previews, "prepare", held)
    with _sending(held, SHARED_THREADS + 5, lambda: client.post("/v1/previews", json=PREVIEW)) as answers:
        wait_for(lambda: sum(answer.done() for answer in answers) >= 10, "those that too many wait for already")
        assert _within_seconds(client, "/v1/jobs") == 200
    statuses = [answer.result().status_code for answer in answers]
    assert {409, 503} == set(statuses)
    assert all(answer.result().headers["Retry-After"] for answer in answers)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_told_while_every_shared_thread_is_taken(path: str, tmp_path: Path) -> None:
    """A supervisor would otherwise restart a service that is merely busy."""
    app, held = application(tmp_path), Held(dict)
    app.add_api_route("/held", lambda: held(), response_model=None)
    with TestClient(app, base_url=LOOPBACK_URL) as client, _sending(held, SHARED_THREADS, lambda: client.get("/held")):
        wait_for(lambda: held.calls == SHARED_THREADS, "all threads to be taken")
        assert _within_seconds(client, path) == 200


def test_who_asks_for_readiness_at_once_shares_one_look(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs a connection to each of the two that are looked at."""
    assert isinstance(client.app, FastAPI)
    queue = client.app.state.resources.queue
    held = Held(queue.is_reachable)
    monkeypatch.setattr(queue, "is_reachable", held)
    with _sending(held, 8, lambda: client.get("/readyz")) as answers:
        pass
    assert {answer.result().json()["status"] for answer in answers} == {"degraded"}
    assert held.calls == 1
