"""One POST to a receiver that is not trusted: to a checked address, bounded in time and bytes, following nothing."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from augury.datasets.errors import DatasetError
from augury.datasets.sources.connections import Network, Stream, connect
from augury.datasets.urls import Url
from augury.monitor import WorkMonitor
from store.rows.webhooks.attempts import Attempt
from store.webhooks.addresses import admit
from store.webhooks.settings import WebhookSettings

MAX_SHOWN_CHARACTERS = 200
"""Of an answer's body: enough for its reason, and nothing of it is kept beyond."""
_MAX_RECEIVED_BYTES = 2**17
_INTERNET = Network()
_CLASSES = {1: "is no answer to a POST", 3: "leads elsewhere, and redirects are not followed"}


class NoAnswerError(Exception):
    """The receiver did not answer in time, or in HTTP; the text is fit for the webhook's owner."""


class Deadline:
    """The time of one attempt, from the first step of the connection to the head of the answer."""

    def __init__(self, seconds: float, monitor: WorkMonitor) -> None:
        self._seconds, self._monitor = seconds, monitor
        self._end, self._received = time.monotonic() + seconds, 0

    def restart(self) -> None:
        """Nothing: whatever begins, the time goes on."""

    def tick(self, received: int = 0) -> None:
        """Look at the clock.

        Raises:
            NoAnswerError: the time is over, or the receiver sends too much.
        """
        self._monitor.raise_if_cancelled()
        self._received += received
        if self._received > _MAX_RECEIVED_BYTES:
            raise NoAnswerError("the receiver's answer has too long a head")
        if time.monotonic() > self._end:
            raise NoAnswerError(f"there was no answer within {self._seconds:g} seconds")


def post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    settings: WebhookSettings,
    monitor: WorkMonitor,
    network: Network = _INTERNET,
) -> Attempt:
    """Send a message once.

    The address is checked as if it had just been registered, and what its name resolves to before it is connected to:
    all of that must be on the public internet, unless the operator has named the host.

    Raises:
        whatever *monitor* raises, to end the work.
    """
    try:
        receiver = admit(url, settings)
        deadline = Deadline(settings.timeout_seconds, monitor)
        with connect(receiver.url, network, deadline, anywhere=receiver.is_named) as stream:
            response = _ask(stream, receiver.url, headers, body)
            return _attempt(response)
    except (ValueError, NoAnswerError, DatasetError) as error:
        return Attempt(None, str(error)[:300])


def _ask(stream: Stream, url: Url, headers: Mapping[str, str], body: bytes) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(url.host, url.port)
    connection.sock = cast("http.client.socket", stream)  # type: ignore[name-defined]
    own = {
        "Host": url.authority,
        "User-Agent": "augury",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    try:
        connection.putrequest("POST", url.target, skip_host=True, skip_accept_encoding=True)
        for name, value in {**own, **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse()
    except (http.client.HTTPException, ValueError) as error:
        raise NoAnswerError(f"{url.authority} does not answer in HTTP") from error


def _attempt(response: http.client.HTTPResponse) -> Attempt:
    status = response.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Attempt(status, None)
    what = _CLASSES.get(status // 100, "is no success")
    return Attempt(status, f"the receiver answered {status}, which {what}", _beginning_of(response))


def _beginning_of(response: http.client.HTTPResponse) -> str:
    """The first characters of a body that can be shown on a line; as far as they come in time."""
    try:
        content = response.read(4 * MAX_SHOWN_CHARACTERS)
    except (http.client.HTTPException, ValueError, NoAnswerError, DatasetError):
        return ""
    text = content.decode("utf-8", "replace")
    return "".join(each if each.isprintable() else " " for each in text)[:MAX_SHOWN_CHARACTERS].strip()
