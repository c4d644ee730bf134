"""Requests are counted where they are answered, and added to the sums of all processes every few seconds.

So every process shows the same, whichever of them a load balancer has asked, and none forgets when it is restarted.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import anyio
import structlog
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store.database import Database
from store.rows.counters.catalogue import HTTP_REQUESTS, HTTP_SECONDS
from store.rows.counters.counting import Count, Series, add

_ADD_EVERY_SECONDS = 5.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD, NO_ROUTE = "other", "none"
log = structlog.get_logger(__name__)


class RequestCounts:
    """What has been answered since the last time that it was added to the sums. For one event loop."""

    def __init__(self) -> None:
        self._amounts: Counter[Series] = Counter()
        self._totals: defaultdict[Series, float] = defaultdict(float)
        self._turn = anyio.Lock()
        self._thread = anyio.CapacityLimiter(1)

    def note(self, counts: Iterable[Count]) -> None:
        """Count these."""
        for each in counts:
            amount, total = each.sums
            self._amounts[each.series] += amount  # type: ignore[assignment]  # a whole number as a float
            self._totals[each.series] += total

    async def add_to(self, database: Database) -> None:
        """Add them to the sums; what cannot be added now, as the database is away, is added the next time."""
        async with self._turn:
            amounts, totals = self._amounts, self._totals
            self._amounts, self._totals = Counter(), defaultdict(float)
            sums = {series: (float(amount), totals[series]) for series, amount in amounts.items()}
            try:
                await to_thread.run_sync(_add, database, sums, limiter=self._thread)
            except SQLAlchemyError as error:
                log.warning("requests were not added to the sums", reason=type(error).__name__)
                self._amounts.update(amounts)
                for series, total in totals.items():
                    self._totals[series] += total

    @asynccontextmanager
    async def added_to(self, database: Database) -> AsyncIterator[None]:
        """Add them every few seconds while the block runs, and at its end."""
        task = asyncio.create_task(self._add_again_and_again(database))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            await self.add_to(database)

    async def _add_again_and_again(self, database: Database) -> None:
        while True:
            await asyncio.sleep(_ADD_EVERY_SECONDS)
            await self.add_to(database)


def _add(database: Database, sums: dict[Series, tuple[float, float]]) -> None:
    if sums:
        with database.writing() as session:
            add(session, sums)


class RequestCountMiddleware:
    """Counts every request by its method, the template of its route and the status that it got, and how long it took.

    What was asked for is no label: a path may be anything, and there may be any number of them.
    """

    def __init__(self, app: ASGIApp, counts: RequestCounts) -> None:
        self._app, self._counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_at, status = time.perf_counter(), 500  # what is answered where the application raises

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting_status)
        finally:
            method, route = method_of(scope), route_of(scope)
            seconds = time.perf_counter() - began_at
            requests = Count(HTTP_REQUESTS, (method, route, str(status)))
            self._counts.note([requests, Count(HTTP_SECONDS, (method, route), seconds)])


def method_of(scope: Scope) -> str:
    """The method of a request, of a short list."""
    return scope["method"] if scope["method"] in _METHODS else OTHER_METHOD


def route_of(scope: Scope) -> str:
    """The template of the route that has answered, as the document has it; of a request that reached none: none."""
    return getattr(scope.get("route"), "path", NO_ROUTE)
