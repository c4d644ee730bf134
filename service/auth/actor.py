"""Who asks: the one place that says so, and what a route asks of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.types import Scope as AsgiScope

from api_schemas.access.keys import PROJECT_SCOPES, SCOPES, Scope
from augury.field_problems import shown
from service.auth.members import Memberships
from service.http.bodies import AskedFirst
from service.http.problem import ProblemError
from service.http.problem_rows.access import NOT_A_MEMBER, PROJECT_NOT_SAID, SCOPE_MISSING
from store.ids import DEFAULT_PROJECT

_IN_SCOPE, _KNOWN = "augury_actor", "augury_known"
PROJECT_HEADER = "Augury-Project"
REALM = 'Bearer realm="augury"'
"""How every challenge begins (RFC 6750, section 3)."""
_DESCRIPTION = "A key to a project, with the scopes that an operation names. On loopback none is needed, as a rule."


@dataclass(frozen=True)
class Actor:
    """Who sends a request.

    Attributes:
        project: whose objects there are for it; all others are as if they did not exist.
        scopes: what it may do.
        key_id: of the key that it brings; None where it needs none and brings none.
        expires_at: when that key, that login or that token ends, in Unix seconds.
        subject: who it is, where an issuer or a proxy says so.
    """

    project: str
    scopes: frozenset[Scope]
    key_id: str | None = None
    expires_at: float | None = None
    subject: str | None = None

    @property
    def name(self) -> str:
        """To call it by, in sentences."""
        return self.key_id or self.subject or "a request without a key"


@dataclass(frozen=True)
class Known:
    """Who somebody is, before it is clear which project a request is about.

    Attributes:
        memberships: what they may, by project; not empty.
        chosen: the project of requests that name none; None where there are several and none was chosen.
        key_id: see `Actor`, as are the others.
    """

    memberships: Memberships
    chosen: str | None
    key_id: str | None = None
    expires_at: float | None = None
    subject: str | None = None

    def actor(self, named: str | None) -> Actor:
        """The actor in the project that a request has *named*.

        Raises:
            ProblemError: they are no member of it, or it has named none where that is not clear.
        """
        project = named or self.chosen
        name = self.key_id or self.subject or "a request without a key"
        if project is None:
            projects = ", ".join(self.memberships)
            raise PROJECT_NOT_SAID.error(f"{name} is a member of: {projects}; say which: {PROJECT_HEADER}: NAME")
        if project not in self.memberships:
            raise NOT_A_MEMBER.error(f"{name} is no member of the project {shown(project)}")
        return Actor(project, self.memberships[project], self.key_id, self.expires_at, self.subject)


ANYBODY = Known({DEFAULT_PROJECT: frozenset(SCOPES)}, DEFAULT_PROJECT)
"""Who brings no key, where none is needed."""
THROUGH_A_PROXY = Known({DEFAULT_PROJECT: frozenset(PROJECT_SCOPES)}, DEFAULT_PROJECT)
"""Whom a proxy has let in: not all whom it knows run the service."""


def note_actor(scope: AsgiScope, known: Known, named: str | None) -> Actor:
    """Say who sends a request, in the project that it has *named*, before it is routed; the same is returned.

    Raises:
        ProblemError: they are no member of it.
    """
    scope[_KNOWN] = known
    actor = scope[_IN_SCOPE] = known.actor(named)
    return actor


def note_refused_key(scope: AsgiScope, project: str, key_id: str) -> None:
    """Say whose key it was that does not work any more; it may nothing."""
    scope[_IN_SCOPE] = Actor(project, frozenset(), key_id)


def known_in(scope: AsgiScope) -> Known | None:
    """Who sends a request, whether it is about a project of theirs or not; None where that is not known."""
    known: Known | None = scope.get(_KNOWN)
    return known


def known_of(scope: AsgiScope) -> Known:
    """Who sends a request, in all of their projects."""
    known: Known = scope[_KNOWN]
    return known


def actor_in(scope: AsgiScope) -> Actor | None:
    """Who sends a request; None where that is not known, or not yet."""
    actor: Actor | None = scope.get(_IN_SCOPE)
    return actor


class Needs(SecurityBase, AskedFirst):
    """A dependency: who asks, if they may do what the route does."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.model = HTTPBearer(description=_DESCRIPTION, bearerFormat="augury_…")
        self.scheme_name = "key"

    def find(self, request: Request) -> Actor:
        """The actor of a request. One that nobody looked at gets no further (500).

        Raises:
            ProblemError: its key is not for this.
        """
        actor: Actor = request.scope[_IN_SCOPE]
        if self.scope not in actor.scopes:
            raise self._refusal(actor)
        return actor

    def _refusal(self, actor: Actor) -> ProblemError:
        may = ", ".join(scope for scope in SCOPES if scope in actor.scopes)
        challenge = f'{REALM}, error="insufficient_scope", scope="{self.scope}"'
        detail = f"this takes a key with the scope {self.scope}; {actor.name} has: {may}"
        return SCOPE_MISSING.error(detail, headers={"WWW-Authenticate": challenge})


Reader = Annotated[Actor, Security(Needs("read"), scopes=["read"])]
"""Of a route that shows what there is."""
Submitter = Annotated[Actor, Security(Needs("submit"), scopes=["submit"])]
"""Of a route that stores, changes or deletes something."""
Administrator = Annotated[Actor, Security(Needs("admin"), scopes=["admin"])]
"""Of a route that says who may come in, or who is told of what happens."""
Operator = Annotated[Actor, Security(Needs("metrics"), scopes=["metrics"])]
"""Of the route that shows how the whole service is doing, all projects together."""
