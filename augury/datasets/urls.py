"""URLs taken apart strictly and put together again, so that no two parsers can read one in two ways."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

PORTS = {"https": 443, "http": 80}
_ALLOWED = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")  # RFC 3986: reserved, unreserved and '%'
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)")


@dataclass(frozen=True)
class Url:
    """The parts of an http or https URL; user, password and fragment are never among them."""

    scheme: str
    host: str
    """In lower case; an IPv6 address without brackets."""
    port: int
    target: str
    """Path and query, as a request names them."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """Who answers for it: scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Host and, where it is not the scheme's own, port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_url(text: str) -> Url:
    """Take an absolute http or https URL apart.

    Raises:
        ValueError: it is not one, or could be understood in more than one way; the message says why.
    """
    if not _ALLOWED.fullmatch(text):
        raise ValueError("the URL has characters that a URL must not have; percent-encode them")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("the URL's host or port cannot be understood") from None
    if parts.scheme not in PORTS:
        raise ValueError(f"got the scheme {parts.scheme!r}, expected https")
    if "@" in parts.netloc:
        raise ValueError("the URL has a user name or a password, or something that looks like one; leave it out")
    if not _AUTHORITY.fullmatch(parts.netloc) or port == 0:
        raise ValueError("the URL's host or port cannot be understood")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(parts.scheme, _checked_host(parts.hostname or ""), port or PORTS[parts.scheme], target)


def _checked_host(host: str) -> str:
    if ":" in host:
        return str(ipaddress.IPv6Address(host))  # its own ValueError is clear; scopes are no part of a URL
    labels = host.split(".")
    if _NUMERIC.fullmatch(labels[-1]):  # whatever ends in a number is an address, and has one spelling here
        return str(ipaddress.IPv4Address(host))
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"the URL's host {host[:100]!r} is not a host name")
    return host
