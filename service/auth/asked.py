"""The request that is being answered, as the audit trail is to tell of it.

What changes something says so in its own transaction: ``this_request().note(...)``. Whatever goes on on another thread
takes along what ``this_request()`` was where the request came in.
"""

from __future__ import annotations

from contextvars import ContextVar, Token

from sqlalchemy.orm import Session
from starlette.types import Scope

from service.auth.actor import Actor, actor_in, known_in
from store.rows.audit import trail
from store.rows.audit.trail import Doer

BEFORE_ROUTING = "request"
"""The action of what is refused before it is known what it was to do."""


class Asked:
    """One request. Nothing of its path, its headers or its body is kept but the ids in them."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.is_noted = False
        """Whether there is nothing more to be written of it."""

    @property
    def actor(self) -> Actor | None:
        """Who sent it, once that is known."""
        return actor_in(self._scope)

    @property
    def action(self) -> str:
        """The name of the operation, once it is known which one it is."""
        route = self._scope.get("route")
        return str(getattr(route, "name", BEFORE_ROUTING))

    @property
    def doer(self) -> Doer:
        """Who does it, in this request."""
        return self.doer_of(self._scope.get("augury_request_id"))

    def doer_of(self, request_id: str | None) -> Doer:
        """Who does it, in that request, or in several that are alike."""
        who = self.actor or known_in(self._scope)
        if who is None or (who.key_id is None and who.subject is None):
            return Doer("nobody", request_id=request_id)
        return Doer("key" if who.key_id else "person", who.key_id, request_id, who.subject)

    def note(self, session: Session, project: str, now: float, object_id: str) -> None:
        """What the request asks for is done to that object by this transaction."""
        trail.append(session, project, self.doer, self.action, now, object_id)
        self.is_noted = True

    def changes_nothing(self) -> None:
        """It only had something computed."""
        self.is_noted = True


_current: ContextVar[Asked] = ContextVar("augury_asked")


def this_request() -> Asked:
    """The request that is being answered; one of nobody's where none is."""
    return _current.get(None) or Asked({"type": "none"})


def begin(asked: Asked) -> Token[Asked]:
    """From here on it is this one."""
    return _current.set(asked)


def end(token: Token[Asked]) -> None:
    """It is answered."""
    _current.reset(token)
