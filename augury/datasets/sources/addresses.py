"""Which network addresses a dataset may come from: those that anybody on the internet could reach as well."""

from __future__ import annotations

import ipaddress
import socket

_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that is assigned to be routed (RFC 4291)
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052): the last four bytes are an IPv4 address
_TUNNELLED = ipaddress.IPv4Network("192.88.99.0/24")  # to the nearest 6to4 relay (RFC 7526 withdraws it)
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")  # of single protocols (RFC 6890); older Pythons know it in part


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host, in the system's order of preference.

    Raises:
        OSError: there are none, or no name server answers.
    """
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether an address is on the public internet, and so is an IPv4 address that it carries."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return _is_public_v4(parsed) if isinstance(parsed, ipaddress.IPv4Address) else _is_public_v6(parsed)


def _is_public_v4(address: ipaddress.IPv4Address) -> bool:
    is_special = address.is_multicast or address in _TUNNELLED or address in _PROTOCOLS
    return address.is_global and not is_special


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    """IPv4-mapped and -compatible, local, site-local, multicast and Teredo addresses are none of these."""
    if address in _TRANSLATED:
        return _is_public_v4(ipaddress.IPv4Address(address.packed[-4:]))
    behind = address.sixtofour
    return address in _UNICAST and address.is_global and (behind is None or _is_public_v4(behind))
