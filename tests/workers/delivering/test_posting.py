"""One POST to a receiver that is not trusted."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from augury.datasets.sources.addresses import is_public
from augury.datasets.sources.connections import Network
from store.rows.webhooks.attempts import Attempt
from store.webhooks.settings import WebhookSettings
from tests.augury.datasets.sources.fetches import client_tls, server_tls
from tests.receivers import Receiver, receiving
from workers.delivering.posting import MAX_SHOWN_CHARACTERS, post

HEADERS = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
BODY = b'{"type":"webhook.ping"}'


class Unheeding:
    """A monitor that lets the work go on."""

    def report_progress(self, **_: Any) -> None:
        """Nobody listens."""

    def raise_if_cancelled(self) -> None:
        """Never."""


class StoppingError(Exception):
    """The worker stops."""


class Stopping(Unheeding):
    def __init__(self, after: float) -> None:
        self._end = time.monotonic() + after

    def raise_if_cancelled(self) -> None:
        """After so many seconds."""
        if time.monotonic() > self._end:
            raise StoppingError


def _post(url: str, network: Network | None = None, **settings: Any) -> Attempt:
    values: dict[str, Any] = {"timeout_seconds": 20.0} | settings
    return post(url, HEADERS, BODY, WebhookSettings(**values), Unheeding(), network or Network())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One that answers 204."""
    with receiving() as receiver:
        yield receiver


def _to(receiver: Receiver, **settings: Any) -> Attempt:
    return _post(receiver.url, private_hosts=[receiver.host], **settings)


def test_a_message_arrives_as_it_is(receiver: Receiver) -> None:
    """With its headers, its type and its bytes."""
    assert _to(receiver) == Attempt(204, None)
    [received] = receiver.received
    assert (received.path, received.body) == ("/hook", BODY)
    assert received.headers.items() >= (HEADERS | {"content-type": "application/json"}).items()


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_success(receiver: Receiver, status: int) -> None:
    """Whatever is in its body."""
    receiver.always = (status, {}, "" if status == 204 else "thank you")
    assert _to(receiver) == Attempt(status, None)


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_another_answer_is_none_and_its_beginning_is_shown(receiver: Receiver, status: int) -> None:
    """On one line, and no more than its beginning."""
    receiver.always = (status, {}, "signature\x1b[31m\nmismatch " + "x" * 5000)
    attempt = _to(receiver)
    assert (attempt.status, attempt.problem) == (status, f"the receiver answered {status}, which is no success")
    assert attempt.response is not None
    assert attempt.response.startswith("signature [31m mismatch xxx")
    assert len(attempt.response) == MAX_SHOWN_CHARACTERS


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    """Not even to where the receiver is: whoever moves is registered anew."""
    receiver.always = (status, {"Location": receiver.url + "/elsewhere"}, "")
    attempt = _to(receiver)
    assert attempt.status == status
    assert "redirects are not followed" in (attempt.problem or "")
    assert len(receiver.received) == 1


def test_an_address_that_the_operator_has_not_named_is_refused(receiver: Receiver) -> None:
    """Nothing gets there, whatever it was registered as."""
    for url in (receiver.url, f"https://127.0.0.1:{receiver.port}/", "https://127.0.0.1/", "https://[::1]/"):
        attempt = _post(url)
        assert attempt.status is None
        assert attempt.problem is not None
    assert receiver.received == []


def _resolving(*answers: list[str]) -> tuple[Network, list[str]]:
    asked: list[str] = []
    left = list(answers)

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return left.pop(0) if len(left) > 1 else left[0]

    return Network(resolve=resolve), asked


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.0.0.7"], ["93.184.215.14", "169.254.169.254"], ["::1"]])
def test_a_name_that_leads_to_a_private_address_is_refused(addresses: list[str]) -> None:
    """Also where that is one of several: any of them might be connected to."""
    network, _ = _resolving(addresses)
    attempt = _post("https://hooks.example/", network)
    assert attempt.status is None
    assert "outside the public internet" in (attempt.problem or "")


def test_a_name_is_resolved_at_every_attempt_and_only_once_in_it(tmp_path: Path) -> None:
    """What is connected to is what was checked: a name server that changes its mind is heard next time."""
    context = server_tls(tmp_path, "hooks.example")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(target=_answer_once, args=(listening, context.wrap_socket))
        thread.start()
        answers = iter([["127.0.0.1"], ["10.0.0.7"], ["10.0.0.7"]])
        network = Network(
            resolve=lambda _host, _port: next(answers),
            is_allowed=lambda address: address == "127.0.0.1" or is_public(address),
            tls=client_tls,
        )
        url, hosts = f"https://hooks.example:{port}/", [f"hooks.example:{port}"]
        assert _post(url, network, hosts=hosts) == Attempt(200, None)
        assert "outside the public internet" in (_post(url, network, hosts=hosts).problem or "")
        thread.join()
    assert next(answers) == ["10.0.0.7"]


def _answer_once(listening: socket.socket, wrap: Callable[..., Any]) -> None:
    connected, _ = listening.accept()
    with wrap(connected, server_side=True) as encrypted:
        received = b""
        while BODY not in received:
            received += encrypted.recv(4096)
        encrypted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    """Nothing is sent to who cannot prove who it is."""
    context = server_tls(tmp_path, "other.example")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def accept() -> None:
            connected, _ = listening.accept()
            with pytest.raises(OSError), context.wrap_socket(connected, server_side=True) as encrypted:  # noqa: PT012
                assert encrypted.recv(1) == b""
                raise OSError

        thread = threading.Thread(target=accept)
        thread.start()
        network = Network(resolve=lambda *_: ["127.0.0.1"], is_allowed=lambda _: True, tls=client_tls)
        attempt = _post(f"https://hooks.example:{port}/", network, hosts=[f"hooks.example:{port}"])
        assert "no trusted connection" in (attempt.problem or "")
        thread.join()


Script = Callable[[socket.socket], None]


def _silence(connected: socket.socket) -> None:
    connected.recv(1)
    threading.Event().wait(30)


def _drip(connected: socket.socket) -> None:
    connected.sendall(b"HTTP/1.1 500 No\r\nX: ")
    for _ in range(300):
        connected.sendall(b"x")
        time.sleep(0.1)


def _flood(connected: socket.socket) -> None:
    connected.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        connected.sendall(f"X-{number}: {'x' * 1000}\r\n".encode())


def _nonsense(connected: socket.socket) -> None:
    connected.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
    while connected.recv(4096):  # who hangs up with something unread takes what was said along with it
        pass


def _interim(connected: socket.socket) -> None:
    for _ in range(100_000):
        connected.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (_silence, "no answer within 1 seconds"),
        (_drip, "no answer within 1 seconds"),
        (_flood, "does not answer in HTTP"),
        (_nonsense, "does not answer in HTTP"),
        (_interim, "too long a head"),
    ],
)
def test_a_receiver_that_does_not_answer_properly_costs_a_bounded_time(script: Script, problem: str) -> None:
    """And bounded memory; the attempt says what was wrong."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, script), daemon=True)
        thread.start()
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        timeout = 1.0 if script in (_silence, _drip) else 20.0
        attempt = _post(f"http://{host}/", private_hosts=[host], timeout_seconds=timeout)
    assert attempt.status is None
    assert problem in (attempt.problem or "")


def _serve(listening: socket.socket, script: Script) -> None:
    connected, _ = listening.accept()
    with connected:
        try:
            script(connected)
        except OSError:
            return  # it was hung up on


def test_a_slow_body_changes_no_answer(receiver: Receiver) -> None:
    """The status is what counts; of a body that does not come nothing is shown."""

    def script(connected: socket.socket) -> None:
        connected.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\n")
        threading.Event().wait(30)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, script), daemon=True).start()
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        attempt = _post(f"http://{host}/", private_hosts=[host], timeout_seconds=1.0)
    assert (attempt.status, attempt.response) == (500, "")


def test_who_is_away_is_said_so() -> None:
    """A connection that is refused is an attempt, not an error."""
    with receiving() as receiver:
        pass
    attempt = _to(receiver)
    assert attempt == Attempt(None, f"nothing answers at {receiver.host}")


def test_a_worker_that_stops_waits_for_no_receiver() -> None:
    """What the monitor raises ends the attempt within a moment."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, _silence), daemon=True).start()
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        settings = WebhookSettings(private_hosts=[host], timeout_seconds=60)
        with pytest.raises(StoppingError):
            post(f"http://{host}/", HEADERS, BODY, settings, Stopping(0.2))
