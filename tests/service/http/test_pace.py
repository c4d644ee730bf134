"""How fast a body has to come."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from service.http.pace import Pace
from tests.service.conftest import application, listening

PACE = Pace(grace_seconds=10, min_bytes_per_second=1000, max_silence_seconds=30)


@pytest.mark.parametrize(
    ("received", "waited_seconds", "patience_seconds"),
    [(0, 0, 10), (0, 4, 6), (5000, 4, 11), (0, 10, 0), (5000, 15, 0), (5000, 99, 0), (10**9, 99, 30)],
)
def test_patience_is_bounded_by_the_average_and_by_silence(
    received: int, waited_seconds: float, patience_seconds: float
) -> None:
    """What came quickly at first is no credit for standing still later."""
    assert PACE.patience_seconds(received, waited_seconds) == patience_seconds


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/datasets", "/v1/lint"])
def test_a_body_that_does_not_come_is_a_408_problem(path: str, tmp_path: Path) -> None:
    """The connection is closed after it, as the rest of the body may still come."""
    with listening(application(tmp_path, body_grace_seconds=0.2)) as address:
        answer = _answer_to(address, path, [b"{"])
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"problem:body-too-slow" in answer


def test_a_body_that_comes_slowly_but_fast_enough_is_read(tmp_path: Path) -> None:
    """The near miss: it takes longer than the grace, and more bytes come than are asked for."""
    with listening(application(tmp_path, body_grace_seconds=0.2, min_body_bytes_per_second=100)) as address:
        answer = _answer_to(address, "/v1/lint", [b"{" + b" " * 99] * 4 + [b"}"])
    assert answer.startswith(b"HTTP/1.1 422")


def _answer_to(address: tuple[str, int], path: str, pieces: list[bytes]) -> bytes:
    """To a POST of these pieces, a moment apart, and of one byte that never comes where the body is not closed."""
    length = sum(map(len, pieces)) + (not pieces[-1].endswith(b"}"))
    with socket.create_connection(address, timeout=20) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
        connection.sendall(head.encode() + f"Content-Length: {length}\r\n\r\n".encode())
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.1)
        return b"".join(iter(lambda: connection.recv(65536), b""))
