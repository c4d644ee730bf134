"""Every request is the beginning of a trace, or a part of its client's; what it asks for is not in it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from augury.telemetry import traces
from service.metrics.requests import method_of, route_of

_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked for every few seconds by what watches the service."""
_MIN_ERROR = 500


class TraceMiddleware:
    """Has a span for every request, below the one that a ``traceparent`` header names (W3C Trace Context)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] in _QUIET:
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).getlist("traceparent")
        parent = sent[0] if len(sent) == 1 else None  # of two it is not known which is meant
        method, status = method_of(scope), 500

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with traces.span(method, parent, "server", attributes={"http.request.method": method}) as span:
            try:
                await self._app(scope, receive, send_noting_status)
            finally:
                route = route_of(scope)
                span.rename(f"{method} {route}")
                span.note(
                    {
                        "http.route": route,
                        "http.response.status_code": status,
                        "augury.request.id": scope.get("augury_request_id"),
                    }
                )
                if status >= _MIN_ERROR:
                    span.fail(str(status))
