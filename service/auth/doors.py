"""Who comes in without a key, by the operator's settings."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from service.auth.members import NO_GROUPS, GroupTable
from service.http.origins import is_loopback
from service.settings import ServiceSettings


def are_keys_needed(settings: ServiceSettings) -> bool:
    """Whether who brings no key is refused, unless a proxy has let them in."""
    return settings.auth == "keys" or (settings.auth == "auto" and not is_loopback(settings.host))


@dataclass(frozen=True)
class Doors:
    """Who comes in without a key.

    Attributes:
        are_open: whether everybody does, as only who is on this machine gets here.
        proxies: networks of the proxies that let in whom they know.
        groups: what the groups may that a proxy names; without rows, whom it lets in may everything in one project.
        user_header: in which a proxy says who it is.
        groups_header: in which it says their groups, with commas between them.
    """

    are_open: bool
    proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    groups: GroupTable = NO_GROUPS
    user_header: str = ""
    groups_header: str = ""

    @classmethod
    def of(cls, settings: ServiceSettings) -> Doors:
        """As the operator has set them.

        Raises:
            ValueError: a proxy is no address and no network, or the table of groups cannot be read.
        """
        if settings.auth != "proxy":
            return cls(not are_keys_needed(settings), ())
        return cls(
            are_open=False,
            proxies=tuple(ipaddress.ip_network(each, strict=False) for each in settings.proxy_addresses),
            groups=GroupTable.parse(settings.groups),
            user_header=settings.proxy_user_header,
            groups_header=settings.proxy_groups_header,
        )

    def let_in(self, address: str | None) -> bool:
        """Whether a request from this address needs no key."""
        if self.are_open:
            return True
        try:
            sender = ipaddress.ip_address(address or "")
        except ValueError:
            return False
        mapped = getattr(sender, "ipv4_mapped", None) or sender
        return any(mapped in network for network in self.proxies)
