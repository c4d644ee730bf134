"""Which addresses may be told, as far as their text can tell."""

from __future__ import annotations

from typing import Any

import pytest

from store.webhooks.addresses import admit
from store.webhooks.settings import WebhookSettings


@pytest.mark.parametrize("url", ["https://hooks.example/a?b=c", "https://93.184.215.14/x", "https://[2606:2800::1]/"])
def test_public_hosts_over_https_may_be_told(url: str) -> None:
    """At https's own port; what a name resolves to is looked at when it is connected to."""
    assert not admit(url, WebhookSettings()).is_named


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example/", "expected https"),
        ("https://hooks.example:8443/", "port 443"),
        ("https://user:pass@hooks.example/", "user name or a password"),
        ("ftp://hooks.example/", "scheme"),
        ("hooks.example", "scheme"),
        ("https://127.0.0.1/", "outside the public internet"),
        ("https://10.0.0.7/", "outside the public internet"),
        ("https://169.254.169.254/latest", "outside the public internet"),
        ("https://[::1]/", "outside the public internet"),
        ("https://[::ffff:127.0.0.1]/", "outside the public internet"),
        ("https://2130706433/", "octets"),
        ("https://0x7f.1/", "octets"),
        ("https://hooks.example/\u0430", "characters"),
    ],
)
def test_others_may_not(url: str, reason: str) -> None:
    """Whatever way a private address is written in; the reason names what was got."""
    with pytest.raises(ValueError, match=reason):
        admit(url, WebhookSettings())


@pytest.mark.parametrize(
    ("settings", "url", "is_named"),
    [
        ({"hosts": ["hooks.example"]}, "https://hooks.example/", False),
        ({"hosts": ["hooks.example:8443"]}, "https://hooks.example:8443/", False),
        ({"private_hosts": ["ci.internal:8080"]}, "http://ci.internal:8080/", True),
        ({"private_hosts": ["10.0.0.7"]}, "https://10.0.0.7/", True),
        ({"private_hosts": ["ci.internal:8080"]}, "https://hooks.example/", False),
    ],
)
def test_what_the_operator_names_may_be_told(settings: dict[str, Any], url: str, is_named: bool) -> None:
    """Of private hosts it is known that they may be anywhere."""
    assert admit(url, WebhookSettings(**settings)).is_named == is_named


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"hosts": ["hooks.example"]}, "https://other.example/"),
        ({"private_hosts": ["ci.internal:8080"]}, "http://ci.internal:9090/"),
        ({"private_hosts": ["ci.internal:8080"]}, "http://ci.internal/"),
        ({"private_hosts": ["127.0.0.1:8080"]}, "http://127.0.0.1:6379/"),
    ],
)
def test_what_the_operator_names_opens_nothing_else(settings: dict[str, Any], url: str) -> None:
    """Neither another host nor another port of it."""
    with pytest.raises(ValueError, match="expected"):
        admit(url, WebhookSettings(**settings))
