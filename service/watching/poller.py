"""One look at the database for everybody who is to be told something, however many they are.

Clients that wait for a job and clients that hold a stream open register with what they are told by (a ``Watch``). One
task asks, a few times a second, whether anything was written since; only then it looks at what they wait for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import anyio
import structlog
from anyio import to_thread
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from store.database import Database
from store.rows.told.changes import mark
from store.rows.views.versions import Version, versions_of

_LOOK_EVERY_SECONDS = 0.25
_MAX_PAUSE_SECONDS = 2.0
_LOOK_ANYWAY_SECONDS = 5.0
"""What changes with time alone, a worker that is missed or a key that ends, is found so late at most."""
_PAUSE_PER_LOOK = 9
"""As many times as a look took, in processor seconds: looking never takes more than a tenth of a core."""

Versions = Mapping[str, Version]
News = Callable[[], None]
"""Tells those whom it concerns; to be called on the loop."""
Question = Callable[[Session, float, Versions], News]
"""Finds out what is new, on a thread: by a session, the time, and the versions of the jobs that were named."""

log = structlog.get_logger(__name__)


class Watch(Protocol):
    """Some of those who are to be told something."""

    @property
    def is_anybody_there(self) -> bool:
        """Whether it is worth while to look."""

    def job_ids(self) -> Collection[str]:
        """The jobs whose versions the question is about."""

    def question(self) -> Question:
        """What is to be found out for those who are there now."""

    def fail(self, error: Exception) -> None:
        """The database did not answer."""


class Poller:
    """Looks for all watches of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watches: list[Watch] = []
        self._is_anybody_there = asyncio.Event()
        self._is_due = False
        self._looked_at = float("-inf")
        self._pause_seconds = _LOOK_EVERY_SECONDS
        self._connection: Connection | None = None
        """Kept, as marks can be compared on one connection only. Of the thread that looks."""
        self._mark: str | None = None
        # A thread of its own, as those who wait should not wait for the pool as well.
        self._thread = anyio.CapacityLimiter(1)

    def add(self, watch: Watch) -> None:
        """Look for this one, too."""
        self._watches.append(watch)

    def wake(self) -> None:
        """Somebody has come, or knows that something is left to be told: look soon, whether anything was written."""
        self._is_due = True
        self._is_anybody_there.set()

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look after all of them, for the length of the block."""
        task = asyncio.create_task(self._look_again_and_again())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            self._let_go()

    async def _look_again_and_again(self) -> None:
        while True:
            if not any(watch.is_anybody_there for watch in self._watches):
                self._is_anybody_there.clear()
                await self._is_anybody_there.wait()
            await asyncio.sleep(self._pause_seconds)
            needed = [watch for watch in self._watches if watch.is_anybody_there]
            is_due = self._is_due or time.monotonic() - self._looked_at > _LOOK_ANYWAY_SECONDS
            self._is_due = False
            questions = [watch.question() for watch in needed]
            jobs = {job_id for watch in needed for job_id in watch.job_ids()}
            try:
                news = await to_thread.run_sync(self._look, questions, jobs, is_due, limiter=self._thread)
            except Exception as error:  # whoever cannot go on without is answered as if it had asked by itself
                log.warning("could not look for changes", reason=type(error).__name__)
                self._is_due = True
                for watch in needed:
                    watch.fail(error)
            else:
                for tell in news:
                    tell()

    def _look(self, questions: Sequence[Question], job_ids: Collection[str], is_due: bool) -> list[News]:
        is_kept = self._connection is not None
        try:
            return self._look_once(questions, job_ids, is_due)
        except OperationalError:
            self._let_go()
            if not is_kept:
                raise
            return self._look_once(questions, job_ids, True)  # the connection may be gone, and the database back
        except Exception:
            self._let_go()
            raise

    def _look_once(self, questions: Sequence[Question], job_ids: Collection[str], is_due: bool) -> list[News]:
        if self._connection is None:
            self._connection = self._database.engine.connect()
            self._mark = None
        with Session(self._connection, expire_on_commit=False) as session:
            seen = mark(session)  # before all else: what is written after it is found by the next look
            if seen == self._mark and not is_due:
                return []
            began = time.thread_time()
            now = self._database.now(session)
            versions = versions_of(session, job_ids, now) if job_ids else {}
            news = [ask(session, now, versions) for ask in questions]
        self._mark, self._looked_at = seen, time.monotonic()
        paused = _PAUSE_PER_LOOK * (time.thread_time() - began)
        self._pause_seconds = min(_MAX_PAUSE_SECONDS, max(_LOOK_EVERY_SECONDS, paused))
        return news

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
