"""Connections to servers that are not trusted: to checked addresses, and no longer or slower than allowed."""

from __future__ import annotations

import contextlib
import io
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from augury.datasets.errors import DatasetError
from augury.datasets.protocol import Report
from augury.datasets.settings import IngestSettings, variable_of
from augury.datasets.sources.addresses import is_public, resolve
from augury.datasets.urls import Url

_LOOK_SECONDS = 0.25
_OVERHEAD_BYTES = 2**20  # of headers, handshakes and chunk sizes


@dataclass(frozen=True)
class Network:
    """How hosts are found and reached; tests put loopback servers instead of the internet's."""

    resolve: Callable[[str, int], list[str]] = resolve
    is_allowed: Callable[[str], bool] = is_public
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    patience_seconds: float = 20.0
    """For a connection; and the time over which the speed is looked at."""
    min_bytes_per_second: float = 1000.0
    """Bytes a second below which a server is given up."""


class Ticking(Protocol):
    """Keeps the time of a connection, and raises what ends it."""

    def restart(self) -> None:
        """Something else begins."""

    def tick(self, received: int = 0) -> None:
        """So many bytes came, or none for a moment."""


class Watch:
    """Keeps time and counts bytes over all connections of one reference.

    Raises, wherever it is told something:
        DatasetError: url.too_slow or url.too_large.
    """

    def __init__(self, settings: IngestSettings, network: Network, report: Report) -> None:
        self.done, self.total = 0, 0
        self._report, self._network = report, network
        self._give_up_at = time.monotonic() + settings.max_seconds
        self._max_received = 2 * settings.max_bytes + _OVERHEAD_BYTES
        self._received = 0
        self.restart()

    def restart(self) -> None:
        """The speed is looked at anew: what comes next has its own patience."""
        self._window = time.monotonic(), self._received

    def tick(self, received: int = 0) -> None:
        """Note bytes from a connection, or that there were none for a moment."""
        self._received += received
        now = time.monotonic()
        if now > self._give_up_at:
            message = f"the download took longer than {variable_of('max_seconds')} allows"
            raise DatasetError("url.too_slow", message)
        since, received_before = self._window
        if now - since > self._network.patience_seconds:
            speed = (self._received - received_before) / (now - since)
            expected = self._network.min_bytes_per_second
            if speed < expected:
                message = f"the server sends {speed:.0f} bytes a second, expected {expected:.0f} or more"
                raise DatasetError("url.too_slow", message)
            self.restart()
        if self._received > self._max_received:
            raise DatasetError("url.too_large", f"the server sends more than {variable_of('max_bytes')} allows")
        self._report("downloading", self.done, self.total)


class Stream:
    """A connected socket as what ``http.client`` wants of one, that ticks at least four times a second."""

    def __init__(self, connected: socket.socket, watch: Ticking) -> None:
        self._socket, self._watch = connected, watch

    def sendall(self, content: bytes) -> None:
        """Send all of it."""
        rest = memoryview(content)
        while rest:
            sent: int = _patiently(self._socket, self._watch, partial(self._socket.send, rest))
            rest = rest[sent:]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What the server sends."""
        return io.BufferedReader(_Incoming(self._socket, self._watch))

    def close(self) -> None:
        """Nothing: who made the connection ends it."""


class _Incoming(io.RawIOBase):
    def __init__(self, connected: socket.socket, watch: Ticking) -> None:
        self._socket, self._watch = connected, watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count: int = _patiently(self._socket, self._watch, partial(self._socket.recv_into, buffer))
        self._watch.tick(count)
        return count


@contextlib.contextmanager
def connect(url: Url, network: Network, watch: Ticking, *, anywhere: bool) -> Iterator[Stream]:
    """A connection to the host of a URL, encrypted where the scheme says so.

    The name is resolved once, all that it resolves to must be allowed, and it is one of those addresses that is
    connected to, so that an answer that changes afterwards changes nothing.

    Args:
        url: whose host and port.
        network: how to get there.
        watch: told of every byte.
        anywhere: the operator has named this server, so that its address is not checked.

    Raises:
        DatasetError: url.address, url.unreachable, url.tls, url.too_slow.
    """
    watch.restart()
    addresses = _addresses_of(url, network)
    if not anywhere and not all(network.is_allowed(address) for address in addresses):
        raise DatasetError("url.address", f"{url.host} is, also or only, at an address outside the public internet")
    with _first_to_answer(addresses, url, network, watch) as plain:
        if url.scheme == "http":
            yield Stream(plain, watch)
            return
        with network.tls().wrap_socket(plain, server_hostname=url.host, do_handshake_on_connect=False) as encrypted:
            _patiently(encrypted, watch, encrypted.do_handshake)
            yield Stream(encrypted, watch)


def _addresses_of(url: Url, network: Network) -> list[str]:
    try:
        addresses = network.resolve(url.host, url.port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise DatasetError("url.unreachable", f"the host {url.host} has no address that the workers can find")
    return addresses


def _first_to_answer(addresses: list[str], url: Url, network: Network, watch: Ticking) -> socket.socket:
    for address in addresses:
        candidate = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        candidate.setblocking(False)
        try:
            if _answers(candidate, (address, url.port), network, watch):
                return candidate
            candidate.close()
        except BaseException:
            candidate.close()
            raise
    raise DatasetError("url.unreachable", f"nothing answers at {url.authority}")


def _answers(candidate: socket.socket, address: tuple[str, int], network: Network, watch: Ticking) -> bool:
    give_up_at = time.monotonic() + network.patience_seconds / 2  # the next address has its chance, too
    try:
        candidate.connect(address)
    except BlockingIOError:
        pass
    except OSError:
        return False
    while not _is_ready(candidate, selectors.EVENT_WRITE):
        watch.tick()
        if time.monotonic() > give_up_at:
            return False
    return candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


def _patiently(waiting: socket.socket, watch: Ticking, operation: Callable[[], Any]) -> Any:
    """The result of an operation on a socket that does not block, once there is one."""
    while True:
        try:
            return operation()
        except (BlockingIOError, ssl.SSLWantReadError):
            event = selectors.EVENT_READ
        except ssl.SSLWantWriteError:
            event = selectors.EVENT_WRITE
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", None) or error.reason or "it broke off"
            raise DatasetError("url.tls", f"there is no trusted connection to the server: {reason}") from error
        except OSError as error:
            raise DatasetError("url.response", "the server broke the connection off") from error
        _is_ready(waiting, event)
        watch.tick()


def _is_ready(waiting: socket.socket, event: int) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(waiting, event)
        return bool(selector.select(_LOOK_SECONDS))
