"""Who is let in: with a key, or without one where the operator's settings say so."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from dataclasses import dataclass

import anyio
import structlog
from anyio import to_thread
from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers

from service.auth.actor import ANYBODY, REALM, THROUGH_A_PROXY, Actor
from service.http.origins import is_loopback
from service.http.problem import ProblemError
from service.http.problem_types import KEY_NOT_VALID, KEY_REQUIRED
from service.settings import ServiceSettings
from store.database import Database
from store.rows.access import keys

_MAX_REMEMBERED = 1_000
_REMEMBERED_SECONDS = 1.0
"""A key that is revoked, or has ended, is refused so much later at most; a busy client is looked up once in it."""
_THREADS = 4
log = structlog.get_logger(__name__)


def are_keys_needed(settings: ServiceSettings) -> bool:
    """Whether who brings no key is refused, unless a proxy has let them in."""
    return settings.auth == "keys" or (settings.auth == "auto" and not is_loopback(settings.host))


@dataclass(frozen=True)
class Doors:
    """Who comes in without a key.

    Attributes:
        are_open: whether everybody does, as only who is on this machine gets here.
        proxies: networks of the proxies that let in whom they know.
    """

    are_open: bool
    proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

    @classmethod
    def of(cls, settings: ServiceSettings) -> Doors:
        """As the operator has set them.

        Raises:
            ValueError: a proxy is no address and no network.
        """
        if settings.auth != "proxy":
            return cls(not are_keys_needed(settings), ())
        return cls(False, tuple(ipaddress.ip_network(each, strict=False) for each in settings.proxy_addresses))

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


class Admission:
    """Finds out who sends a request. Looking a key up takes a thread of a few that are here for nothing else."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._threads = anyio.CapacityLimiter(_THREADS)
        self._remembered: OrderedDict[str, tuple[float, Actor]] = OrderedDict()

    async def actor_of(self, headers: Headers, address: str | None, database: Database) -> Actor:
        """Who sends a request with these headers from this address.

        Raises:
            ProblemError: they need a key, or the one that they bring does not work.
        """
        sent = headers.getlist("authorization")
        if not sent:
            if self._doors.let_in(address):
                return ANYBODY if self._doors.are_open else THROUGH_A_PROXY
            raise KEY_REQUIRED.error("this takes a key: Authorization: Bearer augury_…", headers=_challenge())
        scheme, _, text = sent[0].partition(" ")
        if len(sent) > 1 or scheme.lower() != "bearer":
            detail = "got an Authorization that is no key of this service, expected: Bearer augury_…"
            raise KEY_REQUIRED.error(detail, headers=_challenge())
        return await self._bearer(text.strip(), database)

    async def _bearer(self, text: str, database: Database) -> Actor:
        seen_at, actor = self._remembered.get(text, (float("-inf"), None))
        if actor is None or time.monotonic() - seen_at > _REMEMBERED_SECONDS:
            self._remembered.pop(text, None)
            actor = await to_thread.run_sync(_look_up, database, text, limiter=self._threads)
            self._remembered[text] = (time.monotonic(), actor)
            if len(self._remembered) > _MAX_REMEMBERED:
                self._remembered.popitem(last=False)
        return actor


def _look_up(database: Database, text: str) -> Actor:
    with database.reading() as session:
        now = database.now(session)
        row = keys.belonging_to(session, text)
    if row is None:
        raise _not_valid("there is no such key")
    state = keys.state_of(row, now)
    if state != "active":
        raise _not_valid(f"the key {row.id} is {state}")
    if keys.is_use_to_be_noted(row, now):
        _note_used(database, row.id, now)
    return Actor(row.project_id, frozenset(keys.scopes_of(row)), row.id, row.expires_at)


def _note_used(database: Database, key_id: str, now: float) -> None:
    try:
        with database.writing() as session:
            keys.note_used(session, key_id, now)
    except OperationalError as error:  # nobody is to be refused for that
        log.warning("could not note that a key was used", key=key_id, reason=type(error).__name__)


def _not_valid(reason: str) -> ProblemError:
    return KEY_NOT_VALID.error(reason, headers=_challenge(f', error="invalid_token", error_description="{reason}"'))


def _challenge(more: str = "") -> dict[str, str]:
    return {"WWW-Authenticate": REALM + more}
