"""Clients that wait for a job to change: one look for all of them, however many they are.

`Prefer: wait=n` is answered when a job looks different to its client. Every waiting client registers here, and one task
asks the database a few times a second for the versions of all jobs that are waited for; only what has changed is read.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import structlog
from anyio import to_thread
from sqlalchemy.orm import Session

from api_schemas.jobs import Job
from store.database import Database
from store.ids import is_identifier
from store.rows.views.versions import Version, versions_of

_LOOK_EVERY_SECONDS = 0.25

Asked = tuple[str, str]
"""Who waits for what: a project and the id of a job, which may be another's."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Reading:
    """A job as it was read: what is sent of it, and what tells whether a later reading differs."""

    content: bytes
    is_terminal: bool
    digest: bytes
    """Of all that clients wait for."""
    version: Version


@dataclass(eq=False)
class _Waiter:
    reading: Reading
    news: asyncio.Future[Reading | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Waiting:
    """The clients that wait in this process.

    Args:
        database: where the jobs are.
        read_job: a project's job of an id as it is now, as its clients see it; None where it has none.
        max_clients: that wait at a time; others are answered at once.
    """

    def __init__(
        self, database: Database, read_job: Callable[[Session, str, str, float], Job | None], max_clients: int
    ):
        self._database, self._read_job, self._max_clients = database, read_job, max_clients
        self._waiters: dict[Asked, set[_Waiter]] = defaultdict(set)
        self._count = 0
        self._is_anybody_there = asyncio.Event()
        # A thread of its own, as those who wait should not wait for the pool as well.
        self._thread = anyio.CapacityLimiter(1)

    @property
    def count(self) -> int:
        """How many wait now."""
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether as many wait as may; who comes now is answered at once."""
        return self._count >= self._max_clients

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look after those who wait, for the length of the block."""
        task = asyncio.create_task(self._look_again_and_again())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    def read(self, project: str, job_id: str) -> Reading | None:
        """A project's job as it is now; None where it has none of this id."""
        if not is_identifier(job_id):
            return None
        with self._database.reading() as session:
            now = self._database.now(session)
            # The version comes first: what changes after it is found by the next look.
            version = versions_of(session, [job_id], now).get(job_id)
            return self._reading(session, (project, job_id), version, now)

    async def for_news(
        self,
        project: str,
        job_id: str,
        reading: Reading,
        patience_seconds: float,
        client_gone: Coroutine[Any, Any, None],
    ) -> Reading | None:
        """The first reading that differs from *reading*; *reading* itself when there was none in time.

        None where the job is gone. It ends with *client_gone*, too.

        Raises:
            Exception: what the database raised when the job was to be read.
        """
        waiter, gone = _Waiter(reading), asyncio.create_task(client_gone)
        asked = project, job_id
        self._waiters[asked].add(waiter)
        self._count += 1
        self._is_anybody_there.set()
        try:
            either: list[asyncio.Future[Any]] = [waiter.news, gone]
            await asyncio.wait(either, timeout=patience_seconds, return_when=asyncio.FIRST_COMPLETED)
            return waiter.news.result() if waiter.news.done() else reading
        finally:
            gone.cancel()
            await asyncio.wait([gone])
            self._forget(asked, waiter)

    def _forget(self, asked: Asked, waiter: _Waiter) -> None:
        self._count -= 1
        self._waiters[asked].discard(waiter)
        if not self._waiters[asked]:
            del self._waiters[asked]
        if not self._count:
            self._is_anybody_there.clear()

    async def _look_again_and_again(self) -> None:
        while True:
            await self._is_anybody_there.wait()
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            known = {asked: {each.reading.version for each in of_job} for asked, of_job in self._waiters.items()}
            try:
                changed = await to_thread.run_sync(self._changed, known, limiter=self._thread)
            except Exception as error:  # each of them is answered as if it had asked by itself
                log.warning("could not look for changes of jobs", reason=type(error).__name__)
                self._tell_all(known, error)
            else:
                for asked, reading in changed.items():
                    self._tell(asked, reading)

    def _changed(self, known: dict[Asked, set[Version]]) -> dict[Asked, Reading | None]:
        """Those of the jobs whose version somebody does not know, read again; None for a job that is gone."""
        with self._database.reading() as session:
            now = self._database.now(session)
            versions = versions_of(session, {job_id for _, job_id in known}, now)
            return {
                asked: self._reading(session, asked, versions.get(asked[1]), now)
                for asked, by_somebody in known.items()
                if {versions.get(asked[1])} != by_somebody
            }

    def _tell(self, asked: Asked, reading: Reading | None) -> None:
        for waiter in self._waiters.get(asked, ()):
            if waiter.news.done():
                continue
            if reading is None or reading.is_terminal or reading.digest != waiter.reading.digest:
                waiter.news.set_result(reading)
            else:  # something has changed that clients do not see
                waiter.reading = reading

    def _tell_all(self, all_asked: Collection[Asked], error: Exception) -> None:
        for waiter in [waiter for asked in all_asked for waiter in self._waiters.get(asked, ())]:
            if not waiter.news.done():
                waiter.news.set_exception(error)

    def _reading(self, session: Session, asked: Asked, version: Version | None, now: float) -> Reading | None:
        job = None if version is None else self._read_job(session, *asked, now)
        if job is None or version is None:
            return None
        waited_for = job.model_dump_json(by_alias=True, exclude={"progress": {"estimated_finish"}})
        digest = hashlib.sha256(waited_for.encode()).digest()
        return Reading(job.model_dump_json(by_alias=True).encode(), job.is_terminal, digest, version)
