"""What every request leaves in the audit trail, whichever route there is or will be."""

from __future__ import annotations

import structlog
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.auth import asked as requests
from service.auth.asked import Asked
from service.remembered.refusals import Refusal
from service.resources import Resources

_REFUSED = frozenset({401, 403, 429})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_ID_CHARS = 40
_REPLAYED = "idempotent-replayed"
log = structlog.get_logger(__name__)


class AuditMiddleware:
    """Counts refusals, and writes down what was done by a route that has not done so in its own transaction."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Asked(scope)
        status, is_replayed, made = 0, False, ""

        async def send_noting(message: Message) -> None:
            nonlocal status, is_replayed, made
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = Headers(raw=message["headers"])
                is_replayed = _REPLAYED in headers
                made = headers.get("location", "").rpartition("/")[2][:_MAX_ID_CHARS]
            await send(message)

        token = requests.begin(asked)
        try:
            await self._app(scope, receive, send_noting)
        finally:
            requests.end(token)
            if status in _REFUSED:
                _count(scope, asked)
        is_change = 200 <= status < 300 and scope["method"] not in _SAFE
        if is_change and not asked.is_noted and not is_replayed and asked.actor is not None:
            about = _object_of(scope) or made
            await to_thread.run_sync(_write, scope["app"].state.resources, asked, asked.actor.project, about)


def _count(scope: Scope, asked: Asked) -> None:
    actor, resources = asked.actor, scope["app"].state.resources
    project = None if actor is None else actor.project
    reason = scope.get("augury_problem", "")
    resources.refusals.count(Refusal(project, asked.doer_of(None), asked.action, reason))


def _object_of(scope: Scope) -> str:
    """The ids in its path."""
    return " ".join(str(value)[:_MAX_ID_CHARS] for value in scope.get("path_params", {}).values())[:100]


def _write(resources: Resources, asked: Asked, project: str, object_id: str) -> None:
    """After the answer: what was done is done, so that it does not fail for this."""
    try:
        with resources.database.writing() as session:
            asked.note(session, project, resources.database.now(session), object_id)
    except SQLAlchemyError as error:
        log.error("what was done is not in the audit trail", action=asked.action, reason=type(error).__name__)
