"""Who is let in: with a key, a token or a login, or with nothing where the operator's settings say so."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import anyio
from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from service.auth.actor import ANYBODY, THROUGH_A_PROXY, Known
from service.auth.cookies import Cookies
from service.auth.doors import Doors
from service.auth.look_up import challenge, of_key, of_proxy, of_session, of_token
from service.auth.members import MAX_GROUPS
from service.auth.oidc.provider import Provider
from service.auth.oidc.tokens import looks_like_one
from service.http.problem_rows.access import KEY_REQUIRED
from store.database import Database

_MAX_REMEMBERED = 1_000
_REMEMBERED_SECONDS = 1.0
"""A key that is revoked, or has ended, is refused so much later at most; a busy client is looked up once in it."""
_THREADS = 4


class Admission:
    """Finds out who sends a request.

    What asks the database takes a thread of a few that are here for nothing else; what may have to ask the issuer takes
    others, so that keys do not wait for it.
    """

    def __init__(self, doors: Doors, cookies: Cookies, provider: Provider | None = None) -> None:
        self._doors, self._cookies, self._provider = doors, cookies, provider
        self._threads = anyio.CapacityLimiter(_THREADS)
        self._remembered: OrderedDict[tuple[str, ...], tuple[float, Known]] = OrderedDict()

    async def known(self, headers: Headers, address: str | None, database: Database) -> Known:
        """Who sends a request with these headers from this address.

        Raises:
            ProblemError: they need a key, or what they bring does not work.
        """
        known = await self._whoever(headers, address, database)
        if known is None:
            more = "" if self._provider is None else "; people log in at /login"
            raise KEY_REQUIRED.error(f"this takes a key: Authorization: Bearer augury_…{more}", headers=challenge())
        return known

    async def _whoever(self, headers: Headers, address: str | None, database: Database) -> Known | None:
        sent = headers.getlist("authorization")
        if sent:
            return await self._authorized(sent, database)
        return await self._logged_in(headers, database) or await self._let_in(headers, address, database)

    async def _authorized(self, sent: list[str], database: Database) -> Known | None:
        scheme, _, text = sent[0].partition(" ")
        text = text.strip()
        if len(sent) > 1 or scheme.lower() != "bearer":
            detail = "got an Authorization that is no key of this service, expected: Bearer augury_…"
            raise KEY_REQUIRED.error(detail, headers=challenge())
        provider = self._provider
        if provider is not None and provider.audience is not None and looks_like_one(text):
            look_up = partial(of_token, database, provider, provider.audience, text)
            return await self._remembering(("token", text), look_up, provider.threads)
        return await self._remembering(("key", text), partial(of_key, database, text), self._threads)

    async def _logged_in(self, headers: Headers, database: Database) -> Known | None:
        text = cookie_parser(headers.get("cookie", "")).get(self._cookies.session)
        if not text:
            return None
        look_up = partial(of_session, database, self._provider, text)
        return await self._remembering(("session", text), look_up, self._threads)

    async def _let_in(self, headers: Headers, address: str | None, database: Database) -> Known | None:
        doors = self._doors
        if not doors.let_in(address):
            return None
        if doors.are_open:
            return ANYBODY
        if not doors.groups.rows:
            return THROUGH_A_PROXY
        subject = headers.get(doors.user_header, "").strip()
        if not subject:
            raise KEY_REQUIRED.error(f"the proxy says in no {doors.user_header} who asks", headers=challenge())
        groups = [each.strip() for each in headers.get(doors.groups_header, "").split(",")][:MAX_GROUPS]
        look_up = partial(of_proxy, database, doors.groups, subject, groups)
        return await self._remembering(("proxy", subject, *groups), look_up, self._threads)

    async def _remembering(
        self, who: tuple[str, ...], look_up: Callable[[], Known | None], threads: anyio.CapacityLimiter
    ) -> Known | None:
        seen_at, known = self._remembered.get(who, (float("-inf"), None))
        if known is not None and time.monotonic() - seen_at <= _REMEMBERED_SECONDS:
            return known
        self._remembered.pop(who, None)
        found = await to_thread.run_sync(look_up, limiter=threads)
        if found is not None:
            self._remembered[who] = (time.monotonic(), found)
            if len(self._remembered) > _MAX_REMEMBERED:
                self._remembered.popitem(last=False)
        return found
