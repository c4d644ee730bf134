"""Connections: how many there are, and how long one may take to say what it wants.

The server bounds neither by itself. Whoever opens connections and sends half a request on each would use up the files
of the process, and nobody else could connect.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from api_schemas.service.problems import PROBLEM_MEDIA_TYPE, Problem
from service.http.problem_types import BUSY

MAX_HEADER_BYTES = 2**16
ENDS_SOON = "augury_ends_soon"
"""In the application's state, what is to be called when the server is told to stop: it waits for answers that are being
sent, and tells the application only after that."""


@dataclass(frozen=True)
class ConnectionLimits:
    """What a server bears.

    Attributes:
        max_connections: open at a time.
        max_header_seconds: from when a connection is open, or from the first byte of its next request, until the
            headers are whole.
        max_silence_seconds: for which a client may take nothing of an answer that is ready for it.
    """

    max_connections: int
    max_header_seconds: float
    max_silence_seconds: float


class Connections:
    """The open connections of a server, and among them those that nobody is working for."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._open: set[GuardedProtocol] = set()
        self._unasked: dict[GuardedProtocol, None] = {}
        """Those without a whole request head, the oldest first."""
        self._sending: dict[GuardedProtocol, None] = {}
        """Those without the whole body of their request, the one first that nothing was heard of for longest."""

    def admit(self, connection: GuardedProtocol) -> bool:
        """Take one more in, and give one up that has asked for nothing yet; whether there was room.

        A flood of half requests thus pushes itself out, while who sends a request at once is answered.
        """
        self._open.add(connection)
        if len(self._open) > self.limits.max_connections:
            given_up = next(iter(self._unasked), None) or next(iter(self._sending), None)
            if given_up is None:
                self.forget(connection)
                return False
            given_up.give_up()
        self._unasked[connection] = None
        return True

    def forget(self, connection: GuardedProtocol) -> None:
        """It is closed, or as good as that."""
        self._open.discard(connection)
        self._unasked.pop(connection, None)
        self._sending.pop(connection, None)

    def note(self, connection: GuardedProtocol, *, is_asking: bool, is_sending: bool) -> None:
        """Whether there is a request of it that is not answered yet, and whether the rest of its body is to come."""
        self._sending.pop(connection, None)
        if connection not in self._open:
            return
        if is_asking:
            self._unasked.pop(connection, None)
            if is_sending:
                self._sending[connection] = None
        else:
            self._unasked.setdefault(connection)


class GuardedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """The server's protocol (httptools where it is installed, h11 otherwise) with the limits on connections."""

    def __init__(self, connections: Connections, **options: Any) -> None:
        super().__init__(**options)
        self._all = connections
        self._deadline: asyncio.TimerHandle | None = None
        self._reader_deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Somebody has connected."""
        super().connection_made(transport)
        if self._all.admit(self):
            self._watch()
        else:
            transport.write(_no_room())
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed, by whomever."""
        self._unwatch()
        self._unwatch_reader()
        self._all.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes have come: a part of the head or of the body of a request, or more than one of them."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._is_asking:
            self._unwatch()
        else:
            self._bound_head(data)
        self._note()

    def on_response_complete(self) -> None:
        """A request was answered; the next one may have come already."""
        super().on_response_complete()
        self._header_bytes = 0
        self._note()

    def shutdown(self) -> None:
        """The server is to stop once it has answered; what is held open is to come to its end."""
        super().shutdown()
        for end in self.app_state.get(ENDS_SOON, ()):
            end()

    def pause_writing(self) -> None:
        """The client takes its answer more slowly than it is made."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """The client has taken what there was."""
        self._unwatch_reader()
        super().resume_writing()

    def give_up(self) -> None:
        """Close the connection at once."""
        self._unwatch()
        self._unwatch_reader()
        self._all.forget(self)
        self.transport.abort()

    @property
    def _is_asking(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _note(self) -> None:
        is_sending = self._is_asking and self.cycle.more_body
        self._all.note(self, is_asking=self._is_asking, is_sending=is_sending)

    def _bound_head(self, data: bytes) -> None:
        """What has come belongs to the head of a request, or to the body of one that was answered unread."""
        is_rest_of_body = self.cycle is not None and self.cycle.more_body
        if not is_rest_of_body:  # which is thrown away, while a head is kept
            self._header_bytes += len(data)
        if self._header_bytes > MAX_HEADER_BYTES:
            self.give_up()
        elif self._deadline is None and not self.transport.is_closing():
            self._watch()

    def _watch(self) -> None:
        self._deadline = self.loop.call_later(self._all.limits.max_header_seconds, self.give_up)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _watch_reader(self) -> None:
        self._unwatch_reader()
        left = self.transport.get_write_buffer_size()
        self._reader_deadline = self.loop.call_later(self._all.limits.max_silence_seconds, self._look_at_reader, left)

    def _look_at_reader(self, left_before: int) -> None:
        """Of a long answer some has to be taken in every such time; all of it may take longer."""
        if self.transport.get_write_buffer_size() < left_before:
            self._watch_reader()
        else:
            self.give_up()

    def _unwatch_reader(self) -> None:
        if self._reader_deadline is not None:
            self._reader_deadline.cancel()
            self._reader_deadline = None


def _no_room() -> bytes:
    """What is answered where every connection is being worked for; there is no request yet that it would be about."""
    detail = "the service has as many connections as it bears, and all of them are being answered"
    problem = Problem(type=BUSY.urn, title=BUSY.title, status=BUSY.status, detail=detail, instance=None, errors=[])
    content = json.dumps(problem.model_dump(mode="json")).encode()
    head = (
        f"HTTP/1.1 {BUSY.status} {BUSY.title}\r\nContent-Type: {PROBLEM_MEDIA_TYPE}\r\nRetry-After: 5\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + content
