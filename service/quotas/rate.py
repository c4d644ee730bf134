"""How many requests of a project are answered in a minute, and what is said of that with every answer.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10. Each process of the service counts by itself: a limit
is against a client that runs wild, and no account that has to be right to one.
"""

from __future__ import annotations

import math
import time

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.auth.actor import actor_in
from service.auth.middleware import is_public
from service.http.problem_rows.quotas import TOO_MANY_REQUESTS
from service.http.problems import render
from service.limits_lately import LimitsLately

_POLICY = "requests"
_WINDOW_SECONDS = 60


class RateLimitMiddleware:
    """Refuses (429) what is more than a project may ask, before anything of its body is read.

    A window begins with the first request in it, and all of it is free again when it ends, as ``Retry-After`` says.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        actor = actor_in(scope) if scope["type"] == "http" and not is_public(scope["path"]) else None
        if actor is None:
            await self._app(scope, receive, send)
            return
        lately: LimitsLately = scope["app"].state.resources.limits
        limit = (await lately.of(actor.project)).requests_per_minute
        if limit is None:
            await self._app(scope, receive, send)
            return
        window = RateLimitItemPerMinute(limit)
        is_answered = await self._limiter.hit(window, actor.project)
        resets_at, remaining = await self._limiter.get_window_stats(window, actor.project)
        seconds = max(1, math.ceil(resets_at - time.time()))
        fields = {
            "RateLimit-Policy": f'"{_POLICY}";q={limit};w={_WINDOW_SECONDS}',
            "RateLimit": f'"{_POLICY}";r={remaining};t={seconds}',
        }
        if not is_answered:
            detail = f"the project may send {limit:,} requests a minute; the next one is answered in {seconds} seconds"
            refusal = TOO_MANY_REQUESTS.error(detail, headers={**fields, "Retry-After": str(seconds)})
            await render(Request(scope), refusal)(scope, receive, send)
            return

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(fields)
            await send(message)

        await self._app(scope, receive, send_with_fields)
