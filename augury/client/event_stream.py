"""Server-sent events: a stream that goes on where it was, through restarts of the service and pauses of the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import httpx2

from api_schemas.events.types import DONE
from augury.client.connection import UNAVAILABLE, Connection, problem_of
from augury.client.trouble import Trouble
from augury.errors import ServiceUnreachable

SILENCE_SECONDS = 25.0
"""Longer than a service has nothing to say: it sends a comment every fifteen seconds."""
_STREAM = "text/event-stream"
_NOTHING_MORE = 204
_FULL = "urn:augury:problem:streams-full"
_ASK_INSTEAD = {f"urn:augury:problem:{slug}" for slug in ("no-such-path", "method-not-allowed", "too-many-streams")}
"""Said by a service of an earlier version, or one that has others to listen to it."""


class NoStreamError(Exception):
    """Events cannot be had by a stream here: the service is too old or too busy, or a proxy keeps them back."""


@dataclass(frozen=True)
class StreamEvent:
    """One event.

    Attributes:
        name: its type.
        id: to go on from; that of the event before where it has none of its own.
        data: JSON.
    """

    name: str
    id: str
    data: str


def parsed(lines: Iterable[str]) -> Iterator[StreamEvent]:
    """The events in the lines of a stream (WHATWG HTML, section 9.2.6); what is cut off in the middle is none."""
    name, last_id, data = "", "", list[str]()
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield StreamEvent(name or "message", last_id, "\n".join(data))
            name, data = "", []
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "id" and "\0" not in value:
            last_id = value


class EventStream:
    """Listens at one path of a service.

    Args:
        connection: to the service.
        path: of the stream.
        last_id: of the event to go on from; None for where the service begins.
        patience: seconds of trouble in a row after which it gives up.
    """

    def __init__(self, connection: Connection, path: str, last_id: str | None, patience: float) -> None:
        self._connection, self._path, self._last_id = connection, path, last_id
        self._trouble = Trouble(patience)
        self._is_over = False

    def __iter__(self) -> Iterator[StreamEvent]:
        """The events, until the service says that there will be no more.

        Raises:
            NoStreamError: it has to be asked instead.
            RequestRefused: the service says no.
            ServiceUnreachable: it was away for too long.
        """
        while not self._is_over:
            try:
                yield from self._once()
                reason = "ended the stream of events"  # as it is being restarted, if that was not the end
            except _AwayError as away:
                reason = str(away)
            except httpx2.RequestError as error:
                reason = f"cannot be reached: {str(error) or type(error).__name__}"
            if not self._is_over:
                self._trouble.bear(ServiceUnreachable(f"{self._connection.url} {reason}"))

    def _once(self) -> Iterator[StreamEvent]:
        headers = {"Accept": _STREAM} | ({} if self._last_id is None else {"Last-Event-ID": self._last_id})
        lines = _Lines(self._trouble)
        try:
            with self._connection.streaming(self._path, headers, SILENCE_SECONDS) as response:
                self._is_over = response.status_code == _NOTHING_MORE
                if self._is_over:
                    return
                _require_stream(self._connection, response)
                for event in parsed(lines.of(response)):
                    self._last_id = event.id or self._last_id
                    self._is_over = event.name == DONE
                    yield event
                    if self._is_over:
                        return
        except httpx2.ReadTimeout as error:
            if lines.were_heard:
                raise
            raise NoStreamError(str(error)) from error


class _AwayError(Exception):
    """The service, or the proxy before it, says that it is not up right now."""


class _Lines:
    """The lines of one answer, and whether there were any: a service that holds a stream open says so at once."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble, self.were_heard = trouble, False

    def of(self, response: httpx2.Response) -> Iterator[str]:
        for line in response.iter_lines():
            self.were_heard = True
            self._trouble.forget()
            yield line


def _require_stream(connection: Connection, response: httpx2.Response) -> None:
    if response.is_success and response.headers.get("Content-Type", "").startswith(_STREAM):
        return
    response.read()
    problem = problem_of(response)
    if response.status_code in UNAVAILABLE and (problem is None or problem.type != _FULL):
        raise _AwayError(f"is not available: {response.status_code}")
    is_refused = response.is_client_error and problem is not None and problem.type not in _ASK_INSTEAD
    if is_refused:
        connection.content(response)
    raise NoStreamError(f"{response.request.url} answered {response.status_code}")
