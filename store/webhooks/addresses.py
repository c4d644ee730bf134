"""Which addresses may be told: asked when one is registered, and again at every attempt."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from augury.datasets.reference_rules import is_listed
from augury.datasets.sources.addresses import is_public
from augury.datasets.urls import Url, parse_url
from store.webhooks.settings import WebhookSettings, variable_of


@dataclass(frozen=True)
class Receiver:
    """An address that may be told.

    Attributes:
        url: taken apart.
        is_named: whether the operator has named its host, which may be anywhere then; any other must turn out to be on
            the public internet when it is connected to.
    """

    url: Url
    is_named: bool


def admit(text: str, settings: WebhookSettings) -> Receiver:
    """The receiver at a URL, as far as its text can tell.

    Raises:
        ValueError: it is not to be told anything; the message says why, and which setting would allow it.
    """
    url = parse_url(text)
    if settings.private_hosts and is_listed(url, settings.private_hosts):
        return Receiver(url, is_named=True)
    if url.scheme != "https":
        raise ValueError(f"got {url.scheme}://{url.authority}, expected https")
    if not is_listed(url, settings.hosts):
        expected = f"one of the hosts in {variable_of('hosts')}" if settings.hosts else "port 443"
        raise ValueError(f"got {url.authority}, expected {expected}")
    if _is_private_literal(url.host):
        raise ValueError(f"{url.host} is outside the public internet; an operator may name it, with its port, in "
                         f"{variable_of('private_hosts')}")  # fmt: skip
    return Receiver(url, is_named=False)


def _is_private_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False  # a name, which is looked up at every attempt
    return not is_public(host)
