"""``url`` references: one file over https, from a server on the public internet that is not trusted."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urljoin

from augury.datasets.disk import disk_errors, require_room
from augury.datasets.errors import DatasetError
from augury.datasets.reference_rules import is_listed
from augury.datasets.sources.base import Fetched, Request, open_fetched, require_size
from augury.datasets.sources.connections import Network, Stream, Watch, connect
from augury.datasets.urls import Url, parse_url

_REDIRECTS = (301, 302, 303, 307, 308)
_PIECE_BYTES = 2**16
_INTERNET = Network()


@dataclass(frozen=True)
class Policy:
    """Which URLs may be asked, at first and after every redirect."""

    hosts: Sequence[str] = ()
    """``host`` and ``host:port``; empty: all, at https's own port."""
    trusted: Url | None = None
    """Of the operator: whoever answers there may be asked over its scheme and port, wherever it is."""

    def trusts(self, url: Url) -> bool:
        """Whether the operator has named this server."""
        return self.trusted is not None and url.origin == self.trusted.origin

    def admit(self, text: str, rule: str) -> Url:
        """The URL, taken apart.

        Raises:
            DatasetError: url.host for a host that is not listed; *rule* for anything but a plain https URL.
        """
        try:
            url = parse_url(text)
        except ValueError as error:
            raise DatasetError(rule, str(error)) from None
        if self.trusts(url):
            return url
        if url.scheme != "https":
            raise DatasetError(rule, f"got {url.scheme}://{url.authority}, expected https")
        if not is_listed(url, self.hosts):
            raise DatasetError("url.host", f"{url.authority} is not a host and port that this service fetches from")
        return url


def fetch_url(request: Request, network: Network = _INTERNET) -> Fetched:
    """Download the file into the workspace.

    Raises:
        DatasetError: url.host, url.address, url.redirect, url.status, url.response, url.unreachable, url.tls,
            url.too_large, url.too_slow, url.checksum or disk.full.
    """
    target = request.workspace / "download"
    policy = Policy(request.settings.url_hosts)
    watch = Watch(request.settings, network, request.report)
    sha256 = download(request.reference["url"], target, request, policy, network, watch)
    expected = request.reference.get("sha256")
    if expected not in (None, sha256):
        raise DatasetError("url.checksum", f"the file's SHA-256 is {sha256}, expected {expected}")
    return open_fetched(target, _file_name(request.reference["url"]))


def download(text: str, target: Path, request: Request, policy: Policy, network: Network, watch: Watch) -> str:
    """Save what a URL leads to as a new file, and return its SHA-256 in hexadecimal digits.

    Raises:
        DatasetError: as ``fetch_url``.
    """
    url = policy.admit(text, "url.host")
    for _ in range(request.settings.max_redirects + 1):
        with connect(url, network, watch, anywhere=policy.trusts(url)) as stream:
            response = _ask(stream, url)
            if response.status not in _REDIRECTS:
                return _save(response, target, request, watch)
            url = policy.admit(_join(url, response.headers.get("Location", "")), "url.redirect")
    raise DatasetError("url.redirect", f"{text} leads to more than {request.settings.max_redirects} redirects")


def _ask(stream: Stream, url: Url) -> http.client.HTTPResponse:
    """Send a request that says as little as possible, and read the answer's head."""
    connection = http.client.HTTPConnection(url.host, url.port)
    connection.sock = cast("http.client.socket", stream)  # type: ignore[name-defined]
    try:
        connection.putrequest("GET", url.target, skip_host=True, skip_accept_encoding=True)
        headers = {"Host": url.authority, "User-Agent": "augury", "Accept": "*/*", "Accept-Encoding": "identity"}
        for name, value in (headers | {"Connection": "close"}).items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse()
    except (http.client.HTTPException, ValueError) as error:
        raise DatasetError("url.response", f"{url.authority} does not answer in HTTP") from error


def _join(url: Url, location: str) -> str:
    try:
        return urljoin(str(url), location)
    except ValueError:
        return location  # which is refused, as it cannot be understood


def _save(response: http.client.HTTPResponse, target: Path, request: Request, watch: Watch) -> str:
    if response.status != http.client.OK:
        raise DatasetError("url.status", f"the server answered {response.status} {response.reason[:100]}, expected 200")
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding != "identity":  # it would have to be unpacked, and its size is not the file's
        raise DatasetError("url.response", f"got the content encoding {encoding[:50]!r}, expected none")
    announced = response.length or 0
    require_size(announced, request.settings, "url.too_large", "the file")
    require_room(request.workspace, announced)
    watch.total += announced
    content, size = hashlib.sha256(), 0
    with disk_errors(), target.open("xb") as file:
        while piece := _piece_of(response):
            size += len(piece)
            watch.done += len(piece)
            require_size(watch.done, request.settings, "url.too_large", "the download")
            content.update(piece)
            file.write(piece)
    watch.tick()
    if size < announced:
        raise DatasetError("url.response", f"the server ended after {size:,} of {announced:,} bytes")
    return content.hexdigest()


def _piece_of(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read1(_PIECE_BYTES)
    except (http.client.HTTPException, ValueError) as error:
        raise DatasetError("url.response", "the server's answer broke off") from error


def _file_name(text: str) -> str:
    """The last part of a URL's path, for messages."""
    name = unquote(parse_url(text).target.partition("?")[0]).rstrip("/").rpartition("/")[2]
    return name if name.isprintable() and 0 < len(name) <= 200 else "download"
