"""What a service has to bear: each is a program of its own, so that it takes no time from who measures.

    python benchmarks/hostility/attacks.py NAME PORT COUNT [JOB_ID ...]

They go on until they are killed, against the loopback address only.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable

HOST = "127.0.0.1"
JSON = {"Content-Type": "application/json"}
DIGITS = {"kind": "builtin", "name": "digits"}
FIELDS = 45_000
SPARE_FILES = 100
_FORM = "multipart/form-data; boundary=edge"
_BEGINNING = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\nbytes'


def ask(port: int, method: str, path: str, body: bytes | None = None, timeout: float = 60.0, **headers: str) -> int:
    """The status of the answer, on a connection of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request(method, path, body, (JSON if body else {}) | headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def _again_and_again(count: int, action: Callable[[int], object]) -> None:
    """By so many threads, each with its number, until the program is killed."""

    def forever(number: int) -> None:
        while True:
            try:
                action(number)
            except OSError:  # the service has closed the connection, which is its right
                time.sleep(0.05)
            except http.client.HTTPException:
                time.sleep(0.05)

    threads = [threading.Thread(target=forever, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _fields(port: int, count: int, _job_ids: list[str]) -> None:
    """Requests with tens of thousands of unknown fields."""
    spec = {f"field_{number}": 1 for number in range(FIELDS)}  # less than the megabyte that is read at all
    body = json.dumps({"kind": "comparison", "dataset": DIGITS, "candidates": [{"name": "a", "spec": spec}]}).encode()
    _again_and_again(count, lambda _number: ask(port, "POST", "/v1/jobs", body))


def _waiters(port: int, count: int, job_ids: list[str]) -> None:
    """Clients that have answers held."""
    _again_and_again(
        count, lambda number: ask(port, "GET", f"/v1/jobs/{job_ids[number % len(job_ids)]}", Prefer="wait=30")
    )


def _previews(port: int, count: int, _job_ids: list[str]) -> None:
    """So many previews at once; again when all of them are answered."""
    together = threading.Barrier(count)
    body = json.dumps({"dataset": DIGITS, "spec": {"rotation_range": 20, "zoom_range": 0.2}}).encode()

    def preview(_number: int) -> None:
        together.wait()
        ask(port, "POST", "/v1/previews", body)

    _again_and_again(count, preview)


def _half_sent(port: int, count: int, _job_ids: list[str]) -> None:
    """Connections that send half a request, as many as this process may have at a time, again and again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(count, max(soft, hard) - SPARE_FILES)
    while True:
        sockets = []
        for _ in range(count):
            with contextlib.suppress(OSError):
                sockets.append(_begun(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"))
        time.sleep(2.0)
        for each in sockets:
            each.close()


def _idle_uploads(port: int, count: int, _job_ids: list[str]) -> None:
    """Uploads that begin and do not go on."""
    head = f"POST /v1/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: {_FORM}\r\nContent-Length: 100000\r\n\r\n"

    def upload(_number: int) -> None:
        with _begun(port, head.encode() + _BEGINNING) as connection:
            connection.recv(4096)

    _again_and_again(count, upload)


def _begun(port: int, sent: bytes) -> socket.socket:
    connection = socket.create_connection((HOST, port), timeout=60)
    connection.sendall(sent)
    return connection


ATTACKS = {
    "fields": _fields,
    "waiters": _waiters,
    "previews": _previews,
    "half-sent": _half_sent,
    "idle-uploads": _idle_uploads,
}

if __name__ == "__main__":
    ATTACKS[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
