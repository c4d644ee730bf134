"""``url`` references: only from the public internet, only over https, and no more, longer or slower than allowed."""

from __future__ import annotations

import gzip
import hashlib
import ipaddress
import itertools
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.datasets.disk import disk_errors
from augury.datasets.errors import DatasetError
from augury.datasets.sources import fetch
from augury.datasets.sources.addresses import is_public
from augury.datasets.sources.base import Fetched
from augury.datasets.sources.connections import Network
from augury.datasets.sources.urls import fetch_url
from tests.augury.datasets.sources.fetches import (
    HOST,
    Script,
    Server,
    answering,
    by_target,
    client_tls,
    content_of,
    request_for,
    server_tls,
    serving,
)

LOOPBACK = "127.0.0.1"
SPECIAL_V4 = [
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
]
SPECIAL_V6 = [
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


def _network(hosts: dict[str, list[str]] | None = None, **changes: Any) -> Network:
    """An internet in which this machine's loopback is a public address and everything else is as it is."""
    table = hosts or {HOST: [LOOPBACK]}
    values: dict[str, Any] = {
        "resolve": lambda host, _port: table[host],
        "is_allowed": lambda address: address == LOOPBACK or is_public(address),
        "tls": client_tls,
        "patience_seconds": 20.0,
    }
    return Network(**(values | changes))


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """The server's side of a certificate for HOST."""
    return server_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def serve(tls: ssl.SSLContext) -> Iterator[Callable[[Script], Server]]:
    """Starts servers that end with the test."""
    servers: list[Server] = []

    def start(script: Script) -> Server:
        servers.append(Server(script, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def _fetch(
    folder: Path, server: Server, path: str = "/a.zip", *, network: Network | None = None, sha256: str | None = None,
    report: Callable[[str, int, int], None] = lambda _step, _done, _total: None, **settings: Any,
) -> Fetched:  # fmt: skip
    reference = {"kind": "url", "url": f"https://{HOST}:{server.port}{path}", "sha256": sha256}
    values = {"url": True, "url_hosts": [f"{HOST}:{server.port}"]} | settings
    return fetch_url(request_for(folder, reference, report=report, **values), network or _network())


def _rule(folder: Path, server: Server, path: str = "/a.zip", **changes: Any) -> str:
    with pytest.raises(DatasetError) as caught:
        _fetch(folder, server, path, **changes)
    return caught.value.rule


# -- what works --------------------------------------------------------------------------------------------------------


def test_a_file_is_downloaded_over_https(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """With its name, its checksum verified, and a request that says nothing about this machine."""
    body = os.urandom(300_000)
    server = serve(answering(body))
    reports: list[tuple[str, int, int]] = []
    fetched = _fetch(
        tmp_path, server, "/sets/a%20b.zip?x=1", sha256=hashlib.sha256(body).hexdigest(),
        report=lambda *progress: reports.append(progress),
    )  # fmt: skip
    assert fetched.name == "a b.zip"
    assert content_of(fetched) == body
    assert reports[-1] == ("downloading", len(body), len(body))
    (head,) = server.heads
    lines = head.strip().split("\r\n")
    assert lines[:2] == ["GET /sets/a%20b.zip?x=1 HTTP/1.1", f"Host: {HOST}:{server.port}"]
    assert {line.split(":")[0] for line in lines[2:]} == {"User-Agent", "Accept", "Accept-Encoding", "Connection"}


@pytest.mark.parametrize("headers", ["", "Transfer-Encoding: chunked\r\n"], ids=["until the end", "chunked"])
def test_a_size_need_not_be_announced(tmp_path: Path, serve: Callable[[Script], Server], headers: str) -> None:
    """A server may send until it closes, or in chunks."""
    body = b"5\r\nhello\r\n0\r\n\r\n" if headers else b"hello"
    assert content_of(_fetch(tmp_path, serve(answering(body, length=-1, headers=headers)))) == b"hello"


def test_redirects_are_followed(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """Relative ones and absolute ones, up to the limit."""
    targets = {"/0": "/1", "/1": "2", "/2": None}
    answers: dict[str, Script] = {"/2": answering(b"here")}
    server = serve(lambda connection, head: answers[head.split(" ")[1]](connection, head))
    answers["/0"] = answering(status="302 Found", headers=f"Location: https://{HOST}:{server.port}/1\r\n")
    answers["/1"] = answering(status="301 Moved", headers=f"Location: {targets['/1']}\r\n")
    assert content_of(_fetch(tmp_path, server, "/0")) == b"here"


def test_the_first_address_that_answers_is_used(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """A host with several addresses is tried at each of them."""
    network = _network({HOST: ["127.0.0.2", LOOPBACK]}, is_allowed=lambda _address: True)
    assert content_of(_fetch(tmp_path, serve(answering(b"here")), network=network)) == b"here"


# -- where to ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", SPECIAL_V4 + SPECIAL_V6)
def test_no_address_outside_the_public_internet_is_connected_to(
    tmp_path: Path, serve: Callable[[Script], Server], address: str
) -> None:
    """Whatever a name resolves to, and even if it is only one of several addresses."""
    server = serve(answering(b"secret"))
    for addresses in ([address], ["93.184.216.34", address]):
        network = _network({HOST: addresses}, is_allowed=is_public)
        assert _rule(tmp_path, server, network=network) == "url.address"
    assert server.connections == 0


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1", "64:ff9b::8.8.8.8", "2002:808:808::1"],
)
def test_public_addresses_are_allowed(address: str) -> None:
    """Of both kinds; and an IPv4 address that IPv6 carries, if it is public itself."""
    assert is_public(address)


@given(st.sampled_from(SPECIAL_V4).map(ipaddress.IPv4Address), st.integers(0, 2**64 - 1))
def test_a_private_address_is_not_reached_through_another_kind(address: ipaddress.IPv4Address, rest: int) -> None:
    """Mapped, compatible, translated (NAT64), 6to4 or Teredo: the address inside counts."""
    number = int(address)
    for whole in (
        (0xFFFF << 32) | number,
        number,
        (0x64FF9B << 96) | number,
        (0x0064FF9B0001 << 80) | (rest & (2**80 - 1)),
        (0x2002 << 112) | (number << 80) | rest,
        (0x20010000 << 96) | rest << 32 | (number ^ 0xFFFFFFFF),
    ):
        assert not is_public(str(ipaddress.IPv6Address(whole)))


def test_a_name_is_resolved_once(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """A name server that says something else the second time is not asked a second time."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return [LOOPBACK] if len(asked) == 1 else ["10.0.0.1"]

    network = _network(resolve=resolve)
    assert content_of(_fetch(tmp_path, serve(answering(b"here")), network=network)) == b"here"
    assert asked == [HOST]


@pytest.mark.parametrize(
    ("location", "rule"),
    [
        ("https://169.254.169.254/latest/meta-data", "url.host"),
        ("https://other.example/", "url.host"),
        (f"http://{HOST}/", "url.redirect"),
        ("file:///etc/passwd", "url.redirect"),
        (f"https://user@{HOST}/", "url.redirect"),
        ("https://[", "url.redirect"),
        ("/a b", "url.redirect"),
    ],
)
def test_every_redirect_is_checked_like_the_first_url(
    tmp_path: Path, serve: Callable[[Script], Server], location: str, rule: str
) -> None:
    """It must be https, and a host that is listed."""
    server = serve(answering(status="302 Found", headers=f"Location: {location}\r\n"))
    assert _rule(tmp_path, server) == rule
    assert server.connections == 1


def test_a_redirect_to_a_private_address_is_refused(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """Where all hosts are allowed, the address of the new one is looked at as well."""
    inner = serve(answering(b"secret"))
    server = serve(answering(status="302 Found", headers=f"Location: https://inner.example:{inner.port}/\r\n"))
    hosts = [f"{HOST}:{server.port}", f"inner.example:{inner.port}"]
    network = _network({HOST: [LOOPBACK], "inner.example": ["10.0.0.1"]})
    assert _rule(tmp_path, server, network=network, url_hosts=hosts) == "url.address"
    assert inner.connections == 0


def test_redirects_in_a_circle_end(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """After as many as are allowed."""
    server = serve(answering(status="302 Found", headers="Location: /again\r\n"))
    assert _rule(tmp_path, server, max_redirects=2) == "url.redirect"
    assert server.connections == 3


def test_a_host_without_an_address_is_said_so(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """As is one that does not answer."""

    def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    server = serve(answering())
    assert _rule(tmp_path, server, network=_network(resolve=nowhere)) == "url.unreachable"
    server.close()
    assert _rule(tmp_path, server) == "url.unreachable"


def test_settings_are_asked_before_anything_else(tmp_path: Path) -> None:
    """Without the operator's consent no name is resolved."""
    request = request_for(tmp_path, {"kind": "url", "url": f"https://{HOST}/a"})
    with pytest.raises(DatasetError) as caught:
        fetch(request)
    assert caught.value.rule == "url.disabled"


# -- whom to trust -----------------------------------------------------------------------------------------------------


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    """Nothing is asked of a server that cannot say who it is."""
    with serving(answering(b"secret"), tls=server_tls(tmp_path, "other.example")) as server:
        assert _rule(tmp_path, server) == "url.tls"
        assert server.heads == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """The default is the system's list of authorities."""
    assert _rule(tmp_path, serve(answering()), network=_network(tls=ssl.create_default_context)) == "url.tls"


def test_a_server_that_does_not_encrypt_is_refused(tmp_path: Path) -> None:
    """There is no falling back."""
    with serving(answering(status="400 Bad Request"), reads=False) as server:
        assert _rule(tmp_path, server) == "url.tls"


def test_a_file_with_another_checksum_is_refused(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """The message has both."""
    assert _rule(tmp_path, serve(answering(b"changed")), sha256="0" * 64) == "url.checksum"


# -- how much, and how fast --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [None, -1, 5], ids=["honest", "silent", "understated"])
def test_a_file_larger_than_allowed_is_refused(
    tmp_path: Path, serve: Callable[[Script], Server], length: int | None
) -> None:
    """By what it announces, and by what it sends; what it sends beyond its own word is never read."""
    server = serve(answering(b"x" * 5_000_000, length=length))
    if length == 5:
        assert content_of(_fetch(tmp_path, server, max_bytes=1_000_000)) == b"xxxxx"
    else:
        assert _rule(tmp_path, server, max_bytes=1_000_000) == "url.too_large"
        assert all(path.stat().st_size <= 1_100_000 for path in (tmp_path / "workspace").iterdir())


def test_a_file_that_cannot_fit_on_the_disk_is_not_begun(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """A petabyte is refused by its announcement."""
    server = serve(answering(b"x", length=10**15))
    assert _rule(tmp_path, server, max_bytes=10**16) == "disk.full"


def test_a_disk_that_fills_up_is_said_so() -> None:
    """Here a device that is always full stands for the file."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here: run the tests on Linux")
    with pytest.raises(DatasetError) as caught, disk_errors(), open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")
    assert caught.value.rule == "disk.full"


@pytest.mark.parametrize("phase", ["head", "body", "chunks"])
def test_a_server_that_drips_is_given_up(tmp_path: Path, serve: Callable[[Script], Server], phase: str) -> None:
    """A byte now and then keeps no worker busy, wherever in the answer."""
    begin = {
        "head": b"HTTP/1.1 200 OK\r\nX: ",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    }[phase]

    def script(connection: socket.socket, _head: str) -> None:
        connection.sendall(begin)
        for _ in range(100):
            time.sleep(0.1)
            connection.sendall(b"1\r\nx\r\n" if phase == "chunks" else b"x")

    started = time.monotonic()
    assert _rule(tmp_path, serve(script), network=_network(patience_seconds=0.6)) == "url.too_slow"
    assert time.monotonic() - started < 9


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    """Not even a handshake."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        server = Server.__new__(Server)
        server.port = listener.getsockname()[1]
        assert _rule(tmp_path, server, network=_network(patience_seconds=0.6)) == "url.too_slow"


def test_a_download_has_a_deadline(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """However fast the server sends."""

    def script(connection: socket.socket, _head: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 1000)
            time.sleep(0.01)

    assert _rule(tmp_path, serve(script), max_seconds=0.5) == "url.too_slow"


def test_a_report_may_stop_the_download(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """It is told at least each second, even while nothing comes; what it raises comes out."""

    class StopError(Exception):
        pass

    calls: list[float] = []

    def report(_step: str, _done: int, _total: int) -> None:
        calls.append(time.monotonic())
        if calls[-1] - calls[0] > 1.2:
            raise StopError

    server = serve(lambda _connection, _head: time.sleep(5))
    with pytest.raises(StopError):
        _fetch(tmp_path, server, report=report, network=_network(patience_seconds=10))
    assert max(after - before for before, after in itertools.pairwise(calls)) < 1


# -- answers that are none ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        (answering(status="404 Not Found"), "url.status"),
        (answering(status="206 Partial Content"), "url.status"),
        (answering(b"", status="500 " + "x" * 5000), "url.status"),
        (answering(b"short", length=100), "url.response"),
        (answering(gzip.compress(b"x"), headers="Content-Encoding: gzip\r\n"), "url.response"),
        (answering(b"5\r\nhel", length=-1, headers="Transfer-Encoding: chunked\r\n"), "url.response"),
        (answering(b"zz\r\n", length=-1, headers="Transfer-Encoding: chunked\r\n"), "url.response"),
        (answering(headers="X: y\r\n" * 500), "url.response"),
        (answering(headers=f"X: {'y' * 100_000}\r\n"), "url.response"),
        (lambda connection, _head: connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"), "url.response"),
        (lambda connection, _head: connection.sendall(b"\x00" * 100), "url.response"),
        (lambda _connection, _head: None, "url.response"),
    ],
    ids=[
        "404", "206", "500", "short", "packed", "unfinished chunk", "bad chunk", "many headers", "long header", "SSH",
        "zeros", "nothing",
    ],
)  # fmt: skip
def test_an_answer_that_is_no_file_is_refused(
    tmp_path: Path, serve: Callable[[Script], Server], script: Script, rule: str
) -> None:
    """Other statuses, cut-off bodies, packed ones, and what is no HTTP at all: a clear error, and no other."""
    assert _rule(tmp_path, serve(script)) == rule


def test_interim_answers_without_end_are_not_waited_for(tmp_path: Path, serve: Callable[[Script], Server]) -> None:
    """They count as bytes."""

    def script(connection: socket.socket, _head: str) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)

    assert _rule(tmp_path, serve(script), max_bytes=1000) == "url.too_large"


def test_another_file_can_be_fetched_after_a_failure(tmp_path: Path) -> None:
    """Paths of one server lead to different answers; a failed one leaves nothing open."""
    good, bad = answering(b"here"), answering(b"short", length=100)
    with serving(by_target({"/good": good, "/bad": bad}), tls=server_tls(tmp_path)) as server:
        (tmp_path / "other").mkdir()
        before = len(os.listdir("/proc/self/fd"))
        assert _rule(tmp_path / "other", server, "/bad") == "url.response"
        assert content_of(_fetch(tmp_path, server, "/good")) == b"here"
        assert len(os.listdir("/proc/self/fd")) <= before + 2  # the server's own ends may close later
