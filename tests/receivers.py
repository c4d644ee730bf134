"""Receivers of webhooks on loopback: they keep what they got, and answer what they are told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = int | tuple[int, dict[str, str], str] | Callable[[], int]
"""A status; with headers and a body; or what makes one, which may take its time."""


@dataclass(frozen=True)
class Received:
    """One POST."""

    path: str
    headers: dict[str, str]
    """By names in lower case."""
    body: bytes

    @property
    def id(self) -> str:
        """By which a receiver knows what it has had before."""
        return self.headers["webhook-id"]

    @property
    def payload(self) -> dict[str, Any]:
        """The body as an object."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


class Receiver:
    """A server that answers 204, unless it was told otherwise: first what is in *answers*, and then *always*."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[Received] = []
        self.answers: list[Answer] = []
        self.always: Answer = 204
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_of(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def host(self) -> str:
        """As the operator names it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where to POST."""
        return f"http://{self.host}/hook"

    def types(self) -> list[str]:
        """Of what it was told, in the order in which it came."""
        return [each.payload["type"] for each in self.received]

    def wait_for(self, count: int, seconds: float = 60) -> list[Received]:
        """What it got, once that is so much."""
        give_up_at = time.monotonic() + seconds
        while len(self.received) < count:
            assert time.monotonic() < give_up_at, f"got {self.types()}, expected {count}"
            time.sleep(0.02)
        return list(self.received)

    def close(self) -> None:
        """Be away from now on."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver for the length of the block."""
    receiver = Receiver(port)
    try:
        yield receiver
    finally:
        receiver.close()


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = receiver.answers.pop(0) if receiver.answers else receiver.always
            receiver.received.append(Received(self.path, headers, body))
            if callable(answer):
                answer = answer()
            status, more, text = (answer, {}, "") if isinstance(answer, int) else answer
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    return Handler
