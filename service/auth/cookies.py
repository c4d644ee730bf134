"""The cookies by which browsers are known."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Response

from service.settings import ServiceSettings

KEY_SESSION_SECONDS = 12 * 3600.0
"""How long a browser is let in by a key that somebody has typed once."""


@dataclass(frozen=True)
class Cookies:
    """Their names, and how they are set.

    Attributes:
        is_secure: whether browsers come by HTTPS, so that cookies are sent by no other way.
    """

    is_secure: bool

    @classmethod
    def of(cls, settings: ServiceSettings) -> Cookies:
        """As the operator has set where browsers find the service."""
        return cls(urlsplit(settings.browser_url).scheme == "https")

    @property
    def session(self) -> str:
        """The name of the cookie that a browser is known by; by its prefix no other host can set it (RFC 6265bis)."""
        return "__Host-augury-session" if self.is_secure else "augury-session"

    @property
    def login(self) -> str:
        """The name of the cookie of a login that has begun."""
        return "__Host-augury-login" if self.is_secure else "augury-login"

    def set(self, answer: Response, name: str, value: str, seconds: float) -> None:
        """Have a browser send *value* for so long; 0 seconds: no more."""
        answer.set_cookie(
            name, value, max_age=int(seconds), path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )
