"""Clients that wait for a job to change: `Prefer: wait=n` is answered when it looks different to its client.

Every waiting client registers here. Only what has changed is read, by the versions of the jobs that are waited for, at
which `service.watching.poller` looks for all of them.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.jobs import Job
from service.watching.poller import News, Poller, Question, Versions
from store.database import Database
from store.ids import is_identifier
from store.rows.views.versions import Version, version_of, versions_of

Asked = tuple[str, str]
"""Who waits for what: a project and the id of a job, which may be another's."""


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
        poller: looks for changes of what they wait for.
        read_job: a project's job of an id as it is now, as its clients see it; None where it has none.
        max_clients: that wait at a time; others are answered at once.
    """

    def __init__(
        self,
        database: Database,
        poller: Poller,
        read_job: Callable[[Session, str, str, float], Job | None],
        max_clients: int,
    ) -> None:
        self._database, self._poller, self._read_job, self._max_clients = database, poller, read_job, max_clients
        self._waiters: dict[Asked, set[_Waiter]] = defaultdict(set)
        self._count = 0
        self._is_closed = False
        poller.add(self)

    @property
    def count(self) -> int:
        """How many wait now."""
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether as many wait as may, or the service is about to end; who comes now is answered at once."""
        return self._is_closed or self._count >= self._max_clients

    @property
    def is_anybody_there(self) -> bool:
        """Whether anybody waits."""
        return self._count > 0

    def close(self) -> None:
        """Answer everybody with the job as they know it: the service is about to end."""
        self._is_closed = True
        for waiter in [waiter for of_job in self._waiters.values() for waiter in of_job]:
            if not waiter.news.done():
                waiter.news.set_result(waiter.reading)

    def version(self, project: str, job_id: str) -> Version | None:
        """The version of a project's job, for less than reading it costs; None where it has none of this id."""
        with self._database.reading() as session:
            return version_of(session, project, job_id, self._database.now(session))

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
        self._poller.wake()
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

    def job_ids(self) -> Collection[str]:
        """The jobs that are waited for."""
        return {job_id for _, job_id in self._waiters}

    def question(self) -> Question:
        """Which of them have changed, and what they are now."""
        known = {asked: {each.reading.version for each in of_job} for asked, of_job in self._waiters.items()}
        return partial(self._news, known)

    def fail(self, error: Exception) -> None:
        """Each of them is answered as if it had asked by itself."""
        for waiter in [waiter for of_job in self._waiters.values() for waiter in of_job]:
            if not waiter.news.done():
                waiter.news.set_exception(error)

    def _news(self, known: dict[Asked, set[Version]], session: Session, now: float, versions: Versions) -> News:
        """Those whose version somebody does not know, read again; None for a job that is gone."""
        changed = {
            asked: self._reading(session, asked, versions.get(asked[1]), now)
            for asked, by_somebody in known.items()
            if {versions.get(asked[1])} != by_somebody
        }
        return partial(self._tell_all, changed)

    def _tell_all(self, changed: dict[Asked, Reading | None]) -> None:
        for asked, reading in changed.items():
            self._tell(asked, reading)

    def _tell(self, asked: Asked, reading: Reading | None) -> None:
        for waiter in self._waiters.get(asked, ()):
            if waiter.news.done():
                continue
            if reading is None or reading.is_terminal or reading.digest != waiter.reading.digest:
                waiter.news.set_result(reading)
            else:  # something has changed that clients do not see
                waiter.reading = reading

    def _reading(self, session: Session, asked: Asked, version: Version | None, now: float) -> Reading | None:
        job = None if version is None else self._read_job(session, *asked, now)
        if job is None or version is None:
            return None
        waited_for = job.model_dump_json(by_alias=True, exclude={"progress": {"estimated_finish"}})
        digest = hashlib.sha256(waited_for.encode()).digest()
        return Reading(job.model_dump_json(by_alias=True).encode(), job.is_terminal, digest, version)
