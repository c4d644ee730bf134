"""Connections that ask for nothing: they are closed in time, and make room for those who ask."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import Response

from service import server
from tests.servers import wait_for
from tests.service.conftest import application, listening

HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = HALF + b"\r\n"


@contextmanager
def _served(folder: Path, **settings: Any) -> Iterator[tuple[str, int]]:
    with listening(application(folder), **settings) as address:
        yield address


def _connected(address: tuple[str, int], sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(address, timeout=20)
    connection.sendall(sent)
    return connection


def _is_closed(connection: socket.socket) -> bool:
    """Whether the service has closed it; what it sent before is thrown away."""
    connection.settimeout(0.01)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def _assert_closed_on(connection: socket.socket, piece: bytes) -> None:
    """The service closes the connection while such pieces are sent, one after the other."""

    def send() -> None:
        for _ in range(200):
            connection.sendall(piece)
            time.sleep(0.02)

    with pytest.raises(ConnectionError):
        send()


@pytest.mark.parametrize("sent", [b"", b"G", HALF, WHOLE + HALF], ids=["nothing", "a letter", "half", "one and a half"])
def test_a_request_whose_head_does_not_come_is_not_waited_for(sent: bytes, tmp_path: Path) -> None:
    """Nor one that does not begin, nor one after another."""
    with _served(tmp_path, max_header_seconds=0.3) as address, _connected(address, sent) as connection:
        wait_for(lambda: _is_closed(connection), "the service to close the connection")


def test_a_head_that_comes_by_letters_is_not_waited_for_either(tmp_path: Path) -> None:
    """Its time does not begin anew with each of them."""
    with _served(tmp_path, max_header_seconds=0.5) as address, _connected(address, HALF) as connection:
        _assert_closed_on(connection, b"X")


def test_a_head_without_an_end_is_refused_by_its_length(tmp_path: Path) -> None:
    """It would be kept in memory."""
    with _served(tmp_path) as address, _connected(address, HALF) as connection:
        _assert_closed_on(connection, b"X-Name: " + b"x" * 4_000 + b"\r\n")


def test_an_answer_may_take_longer_than_a_head(tmp_path: Path) -> None:
    """The near miss: once the head is there, it is the client who waits."""
    with _served(tmp_path, max_header_seconds=0.3) as address:
        url = f"http://{address[0]}:{address[1]}"
        job = httpx2.post(f"{url}/v1/jobs", json=_JOB).json()["id"]
        response = httpx2.get(f"{url}/v1/jobs/{job}", headers={"Prefer": "wait=1"}, timeout=20)
    assert response.status_code == 200


def test_who_asks_is_answered_however_many_have_connected_and_do_not(tmp_path: Path) -> None:
    """The oldest of them are given up for it."""
    with _served(tmp_path, max_connections=20) as address, ExitStack() as others:
        idle = [others.enter_context(_connected(address, HALF)) for _ in range(60)]
        assert httpx2.get(f"http://{address[0]}:{address[1]}/healthz", timeout=20).status_code == 200
        wait_for(lambda: sum(map(_is_closed, idle)) >= 40, "the oldest to be given up")
        assert not _is_closed(idle[-1])


def test_who_asks_is_answered_however_many_send_half_a_body(tmp_path: Path) -> None:
    """Those are given up first that have been silent for longest, and an upload that goes on is none of them."""
    head = b"POST /v1/lint HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    with _served(tmp_path, max_connections=10) as address, ExitStack() as others:
        url = f"http://{address[0]}:{address[1]}/healthz"
        busy = others.enter_context(_connected(address, head))
        silent = [others.enter_context(_connected(address, head)) for _ in range(8)]
        client = others.enter_context(httpx2.Client(timeout=20))
        assert client.get(url).status_code == 200
        for each in silent:
            assert not _is_closed(each)
        busy.sendall(b" ")
        assert client.get(url).status_code == 200  # on the connection that it has: what was sent before has come, too
        others.enter_context(_connected(address, head))
        others.enter_context(_connected(address, head))
        assert httpx2.get(url, timeout=20).status_code == 200
        wait_for(lambda: _is_closed(silent[0]), "the most silent to be given up")
        assert not _is_closed(busy)


def test_who_takes_nothing_of_an_answer_is_given_up(tmp_path: Path) -> None:
    """It would hold a connection, and the answer in memory."""
    app = application(tmp_path)
    app.add_api_route("/large", lambda: Response(bytes(30_000_000)))
    request = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with listening(app, max_silence_seconds=0.5) as address, _connected(address, request) as connection:
        wait_for(lambda: not _is_served(address[1], connection), "the connection to be closed")


def test_an_answer_that_is_taken_slowly_is_sent_as_a_whole(tmp_path: Path) -> None:
    """The near miss: it takes longer than a client may be silent."""
    app, request = application(tmp_path), b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    app.add_api_route("/large", lambda: Response(bytes(40_000_000)))
    taken = 0
    with listening(app, max_silence_seconds=1.5) as address, _connected(address, request) as connection:
        while piece := connection.recv(2**20):
            taken += len(piece)
            time.sleep(0.1)
    assert taken > 40_000_000


def test_where_every_connection_is_being_answered_one_more_is_told_so(tmp_path: Path) -> None:
    """As a problem, with the time to wait; none of the others is given up for it."""
    with _served(tmp_path, max_connections=3) as address, ExitStack() as others:
        url = f"http://{address[0]}:{address[1]}"
        job = httpx2.post(f"{url}/v1/jobs", json=_JOB).json()["id"]
        request = f"GET /v1/jobs/{job} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=20\r\n\r\n".encode()
        waiting = [others.enter_context(_connected(address, request)) for _ in range(3)]
        response = wait_for(lambda: _refusal(url), "the connections to be counted")
        assert not any(map(_is_closed, waiting))
    assert response.json()["type"] == "urn:augury:problem:busy"
    assert response.headers["Retry-After"]


def _is_served(port: int, connection: socket.socket) -> bool:
    """Whether the service's end of a connection is open: its own hears of the end behind what it has not taken."""
    ends = f":{port:04X}", f":{connection.getsockname()[1]:04X}"
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return any((local[-5:], remote[-5:]) == ends and state == "01" for _, local, remote, state, *_ in lines)


def _refusal(url: str) -> httpx2.Response | None:
    response = httpx2.get(f"{url}/healthz", timeout=20)
    return response if response.status_code == 503 else None


def test_a_process_that_may_open_few_files_takes_fewer_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some are left for the database and for uploads."""
    monkeypatch.setattr(server, "_open_files", lambda _wanted: 1024)
    assert server.allowed_connections(10_000) < 1024
    assert server.allowed_connections(100) == 100


_JOB = {
    "kind": "comparison",
    "dataset": {"kind": "builtin", "name": "digits"},
    "candidates": [{"name": "flip", "spec": {"horizontal_flip": True}}],
}
