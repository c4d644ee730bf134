"""A stand-in for the service on the loopback interface, with scripted answers."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the stand-in says next, after *hold_seconds*; status 0 breaks the connection instead."""

    status: int
    body: Any = None
    media_type: str = "application/json"
    hold_seconds: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class StandIn:
    """Gives scripted answers, the last one forever, and remembers what was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)

    def will(self, *answers: Answer) -> None:
        """Script the answers to come."""
        self.answers = deque(answers)

    def next(self) -> Answer:
        """The answer to give now."""
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


def problem(status: int, detail: str, *errors: tuple[str, str]) -> Answer:
    """A refusal."""
    body = {
        "type": "urn:augury:problem:invalid-request",
        "title": "The request is not valid",
        "status": status,
        "detail": detail,
        "errors": [{"location": where, "message": what} for where, what in errors],
    }
    return Answer(status, body, "application/problem+json")


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[StandIn]:
    """Listen on a free port, over https where there is something to prove oneself by."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_form = (self.headers.get("Content-Type") or "").startswith("multipart/")
            body = content if is_form else json.loads(content) if content else None
            stand_in.asked.append(Asked(self.command, self.path, dict(self.headers.items()), body))
            answer = stand_in.next()
            time.sleep(answer.hold_seconds)
            if answer.status == 0:
                self.close_connection = True
                return
            text = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            with suppress(BrokenPipeError):  # who has waited for too long is gone
                self.wfile.write(text)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    stand_in.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
