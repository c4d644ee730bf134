"""What an issuer of OpenID Connect says of itself: where it is asked for what, and the keys that it signs with."""

from __future__ import annotations

import threading
import time
from typing import Any
from urllib.parse import urlsplit

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from service.auth.members import SettingError
from service.http.origins import is_loopback

_TIMEOUT_SECONDS = 5.0
_MAX_BYTES = 1_000_000
_DISCOVERY = "/.well-known/openid-configuration"
_FRESH_SECONDS = 3_600.0
"""How long keys are believed without asking again. A key that is not known is asked for at once, but see below."""
_PAUSE_SECONDS = 10.0
"""Between two askings: whoever sends tokens with made-up key ids has the issuer asked no more often."""
_KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class IssuerAwayError(RuntimeError):
    """The issuer does not answer, or not with what it should; the text says what came instead."""


class Issuer:
    """One issuer, asked when it is first needed. For use by several threads.

    Args:
        url: as it stands in tokens, under ``iss``; HTTPS, or HTTP on this machine.

    Raises:
        SettingError: it is no such URL.
    """

    def __init__(self, url: str) -> None:
        require_safe(url, "AUGURY_OIDC_ISSUER")
        self.url = url
        self._lock = threading.Lock()
        self._described: dict[str, Any] | None = None
        self._keys: KeySet | None = None
        self._asked_at = float("-inf")

    def endpoint(self, name: str) -> str:
        """The URL of one of its endpoints, e.g. ``token_endpoint``.

        Raises:
            IssuerAwayError: it does not say.
        """
        with self._lock:
            return str(self._description()[name])

    def optional_endpoint(self, name: str) -> str | None:
        """The same, of one that an issuer need not have."""
        with self._lock:
            found = self._description().get(name)
        return found if isinstance(found, str) and _is_safe(found) else None

    def keys(self, key_id: str | None) -> KeySet:
        """The keys that it signs with; asked for anew where *key_id* is not among those known, or they are old.

        Raises:
            IssuerAwayError: it does not say, and nothing is known from before.
        """
        with self._lock:
            known = self._keys is not None and (key_id is None or _has(self._keys, key_id))
            age = time.monotonic() - self._asked_at
            if age > (_FRESH_SECONDS if known else _PAUSE_SECONDS):
                self._asked_at = time.monotonic()
                self._keys = self._fetched_keys()
            if self._keys is None:
                raise IssuerAwayError(f"{self.url} did not give its keys a moment ago, and is asked again soon")
            return self._keys

    def _fetched_keys(self) -> KeySet | None:
        try:
            found = fetched(self._description()["jwks_uri"])["keys"]
            signing = [key for key in found if key.get("use", "sig") == "sig" and key.get("kty") in _KEY_TYPES]
            return KeySet.import_key_set({"keys": signing})
        except (IssuerAwayError, JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            if self._keys is None:
                raise IssuerAwayError(f"the keys of {self.url} cannot be had: {error}") from error
            return self._keys  # known from before: a short outage of the issuer locks nobody out

    def _description(self) -> dict[str, Any]:
        if self._described is None:
            described = fetched(self.url.rstrip("/") + _DISCOVERY)
            if described.get("issuer") != self.url:
                raise IssuerAwayError(f"{self.url} says that it is {described.get('issuer')!r}: set what it says")
            for name in _ENDPOINTS:
                if not isinstance(described.get(name), str) or not _is_safe(described[name]):
                    raise IssuerAwayError(f"{self.url} names no {name} that is HTTPS")
            self._described = described
        return self._described


def fetched(url: str, token: str | None = None) -> dict[str, Any]:
    """The JSON object at a URL of the issuer's, with a bearer *token* where one is needed.

    Raises:
        IssuerAwayError: there is none.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with (
            http_client() as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            response.raise_for_status()
            body = b""
            for part in response.iter_bytes():
                body += part
                if len(body) > _MAX_BYTES:
                    raise IssuerAwayError(f"{url} sends more than {_MAX_BYTES:,} bytes")
        value = httpx2.Response(200, content=body).json()
    except (httpx2.HTTPError, ValueError) as error:
        raise IssuerAwayError(f"{url} cannot be had: {type(error).__name__}") from error
    if not isinstance(value, dict):
        raise IssuerAwayError(f"{url} sends no JSON object")
    return value


def http_client() -> httpx2.Client:
    """What asks the issuer: it follows no redirects, and does not wait long."""
    return httpx2.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False)


def require_safe(url: str, setting: str) -> None:
    """Let an address pass to which secrets may be sent.

    Raises:
        SettingError: it is neither HTTPS nor on this machine.
    """
    if not _is_safe(url):
        raise SettingError(f"{setting} is to be an https:// URL, or an http:// one of this machine; got {url!r}")


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    )


def _has(keys: KeySet, key_id: str) -> bool:
    return any(key.kid == key_id for key in keys.keys)
