"""Who may speak to the service by way of a browser: under which names it answers, and which pages may write to it.

Being bound to the loopback address keeps other machines out, but not the pages that a browser on this machine shows.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from augury.field_problems import shown
from service.http.problem_types import FOREIGN_PAGE, HOST_NOT_ALLOWED
from service.http.problems import render

ANY_HOST = "*"
_WRITING_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_MAX_REMEMBERED = 100
"""Hosts that were asked for: most requests name the same."""
_FOREIGN_SITES = frozenset({"cross-site", "same-site"})
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class Authority(NamedTuple):
    """A host and its port as in a URL, in lower case; the port is empty where the scheme says which."""

    host: str
    port: str

    @classmethod
    def parse(cls, text: str) -> Authority:
        """Of a ``Host`` header or of what stands in a list; an IPv6 address has its brackets only with a port."""
        text = text.strip().lower()
        if text.startswith("["):
            host, _, rest = text[1:].partition("]")
            return cls(host, rest.removeprefix(":"))
        if text.count(":") > 1:
            return cls(text, "")
        host, _, port = text.partition(":")
        return cls(host.rstrip("."), port)

    @classmethod
    def of_origin(cls, origin: str) -> Authority:
        """Of an ``Origin`` header; that of a page without an origin, ``null``, has no host."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return cls("", "")
        return cls.parse(parts.netloc).without_port(_DEFAULT_PORTS.get(parts.scheme))

    def without_port(self, default: str | None) -> Authority:
        """The same, with an empty port in place of the *default* one."""
        return self._replace(port="") if self.port == default else self


class AllowedHosts:
    """The names that the service answers to.

    A page can point a name of its own at this machine (DNS rebinding), and the browser then takes the service for a
    part of that page. The name in the ``Host`` header gives it away. An address cannot be pointed anywhere.

    Args:
        configured: names that the operator allows, with a port or for any; ``*`` allows all.
        bound_to: the address that the service listens on. Beyond the loopback address it is there for other machines,
            which use its addresses and the name of this machine.
    """

    def __init__(self, configured: Sequence[str], bound_to: str) -> None:
        self._configured = {Authority.parse(each) for each in configured}
        self._is_any_allowed = Authority(ANY_HOST, "") in self._configured
        self._is_public = not is_loopback(bound_to)
        self._own_names = {bound_to.lower(), socket.gethostname().lower()} if self._is_public else set()
        self.allows = lru_cache(_MAX_REMEMBERED)(self._allows)
        """Whether a request with this ``Host`` header is answered. Browsers always send one, some probes do not."""

    def _allows(self, host: str) -> bool:
        asked = Authority.parse(host)
        return (
            self._is_any_allowed
            or not asked.host
            or is_loopback(asked.host)
            or asked.host in self._own_names
            or (self._is_public and _is_address(asked.host))
            or not self._configured.isdisjoint({asked, asked._replace(port="")})
        )

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether a page of this *origin* is the service's own: of the *host* asked for, or of a configured one.

        A proxy may ask for another host than the browser did, so that the configured ones count as well.
        """
        page = Authority.of_origin(origin)
        # Which of the two schemes the browser used is not known behind a proxy.
        own = {Authority.parse(host).without_port(port) for port in _DEFAULT_PORTS.values()}
        return bool(page.host) and page in own | self._configured


class AllowedHostMiddleware:
    """Refuses requests to a host that is not one of the service's (421)."""

    def __init__(self, app: ASGIApp, hosts: AllowedHosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            if not self._hosts.allows(host):
                detail = f"the service does not answer to {shown(host)}; if it should, set AUGURY_ALLOWED_HOSTS"
                await render(Request(scope), HOST_NOT_ALLOWED.error(detail))(scope, receive, send)
                return
        await self._app(scope, receive, send)


class OwnPagesMiddleware:
    """Refuses writes that a browser sends for a page of another origin (403). Programs say nothing of origins."""

    def __init__(self, app: ASGIApp, hosts: AllowedHosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["method"] in _WRITING_METHODS:
            sender = self._foreign_sender(Headers(scope=scope))
            if sender is not None:
                detail = f"only the service's own pages may write to it, and this request is from {sender}"
                await render(Request(scope), FOREIGN_PAGE.error(detail))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _foreign_sender(self, headers: Headers) -> str | None:
        """What gives a foreign page away; None where nothing does."""
        origin = headers.get("origin")
        if origin is not None and not self._hosts.is_own_origin(origin, headers.get("host", "")):
            return f"a page of {shown(origin)}"
        site = headers.get("sec-fetch-site", "").strip().lower()
        return f"a page of another origin (Sec-Fetch-Site: {site})" if site in _FOREIGN_SITES else None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what has this name or address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
