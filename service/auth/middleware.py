"""Nothing but what is public is reached by who was not let in, whichever route there is or will be."""

from __future__ import annotations

from fastapi import Request
from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from augury.telemetry.bound import bound
from service.auth.actor import ANYBODY, PROJECT_HEADER, note_actor, note_refused_key
from service.auth.admission import Admission
from service.http.problem import ProblemError
from service.http.problems import database_away, render

_PUBLIC = frozenset({"/healthz", "/readyz", "/openapi.json", "/docs", "/login", "/login/callback", "/sign-in"})
_PUBLIC_FOLDERS = ("/docs/assets/", "/static/")
"""What says whether the service is well, and what it takes, and where people log in; nothing of what is stored."""


def is_public(path: str) -> bool:
    """Whether anybody who reaches the service may have what is at this path."""
    return path in _PUBLIC or path.startswith(_PUBLIC_FOLDERS)


class AdmissionMiddleware:
    """Says of every request who sends it, or refuses it (401), before anything of its body is read."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app, self._admission = app, admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if is_public(scope["path"]):
            note_actor(scope, ANYBODY, None)
            await self._app(scope, receive, send)
            return
        database, client, headers = scope["app"].state.resources.database, scope.get("client"), Headers(scope=scope)
        try:
            known = await self._admission.known(headers, client[0] if client else None, database)
            actor = note_actor(scope, known, headers.get(PROJECT_HEADER))
        except ProblemError as refusal:
            if refusal.key is not None:
                note_refused_key(scope, *refusal.key)
            await render(Request(scope), refusal)(scope, receive, send)
            return
        except OperationalError as error:
            await render(Request(scope), database_away(scope["path"], error))(scope, receive, send)
            return
        with bound(project=actor.project):
            await self._app(scope, receive, send)
