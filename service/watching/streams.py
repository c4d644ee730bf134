"""Clients that hold a stream of events open. None of them costs a thread, or has a queue that could grow.

What was told lately is kept once for all; a listener knows only up to where it was told. One that takes its stream
slowly, or comes back with an old id, reads what is older from the database, page by page.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from functools import partial

import anyio
from anyio import to_thread
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api_schemas.events.stream import JobEvent
from service.http.problem_types import STREAMS_FULL, TOO_MANY_STREAMS
from service.watching import progress
from service.watching.frames import ENDS, Told, told
from service.watching.listener import Listener
from service.watching.poller import News, Poller, Question, Versions
from store.database import Database
from store.rows import events
from store.rows.access import keys
from store.rows.told.horizon import Horizon

_MAX_RECENT = 2_000
_PAGE = 500
"""Events that are read, or handed to one listener, at a time."""
_RETRY_AFTER = {"Retry-After": "10"}


class Streams:
    """The open streams of this process.

    Args:
        database: where the events are.
        poller: looks for new ones.
        max_streams: that are open at a time.
    """

    def __init__(self, database: Database, poller: Poller, max_streams: int) -> None:
        self._database, self._poller, self._max_streams = database, poller, max_streams
        self._listeners: set[Listener] = set()
        self._to_all: dict[str, set[Listener]] = defaultdict(set)
        """By project, those that hear of all its jobs."""
        self._open_of: Counter[str] = Counter()
        self._progress = progress.ProgressTold()
        self._horizon = Horizon()
        self._is_horizon_old = True
        self._to: int | None = None
        """The id up to which all is known; None while nobody listens."""
        self._recent: list[Told] = []
        self._floor = 0
        """Whatever is above it, up to ``_to``, is among the recent ones."""
        self._is_closed = False
        self._threads = anyio.CapacityLimiter(2)
        poller.add(self)

    @property
    def count(self) -> int:
        """How many are open now."""
        return len(self._listeners)

    def open(
        self,
        project: str,
        job_id: str | None,
        key_id: str | None,
        position: int | None,
        max_seconds: float = math.inf,
        *,
        allowed: int | None = None,
    ) -> Listener:
        """One more, which hears what comes after the event *position*, or after now where that is None.

        *allowed* are so many of the project; None: any number.
        It ends when its key does, and after *max_seconds*: whoever has no key comes again, to be let in again.

        Raises:
            ProblemError: there are as many as the service, or the project, may have.
        """
        if self._is_closed or self.count >= self._max_streams:
            detail = f"the service holds {self.count} streams of events open, and takes no more now"
            raise STREAMS_FULL.error(detail, headers=_RETRY_AFTER)
        if allowed is not None and self._open_of[project] >= allowed:
            detail = f"your project holds {self._open_of[project]} streams of events open, and may hold {allowed}"
            raise TOO_MANY_STREAMS.error(detail, headers=_RETRY_AFTER)
        listener = Listener(project, job_id, key_id, position, time.monotonic() + max_seconds)
        self._listeners.add(listener)
        self._open_of[project] += 1
        if job_id is None:
            self._to_all[project].add(listener)
        else:
            self._progress.follow(job_id, listener)
        self._poller.wake()
        return listener

    def close(self, listener: Listener) -> None:
        """It is not listening any more."""
        self._listeners.discard(listener)
        self._open_of[listener.project] -= 1
        if listener.job_id is not None:
            self._progress.unfollow(listener.job_id, listener)
        else:
            self._to_all[listener.project].discard(listener)
        if not self._open_of[listener.project]:
            del self._open_of[listener.project]
            self._to_all.pop(listener.project, None)
        if not self._listeners:  # whoever comes next is not to read what nobody has listened to
            self._to, self._recent, self._is_horizon_old = None, [], True

    def end_all(self) -> None:
        """The service is about to end; they come to the next one, and go on from where they were."""
        self._is_closed = True
        for listener in self._listeners:
            listener.end()

    async def take(self, listener: Listener) -> list[Told]:
        """What is new for a listener, oldest first, a page at most. Empty where there is nothing (yet)."""
        if self._to is None:
            return []
        if listener.position is None:
            listener.position = self._to
        if listener.position >= self._to:
            return []
        if listener.position < self._floor:
            found = await self._older(listener, self._to)
        else:
            found = self._newer(listener, self._to)
        if found:
            listener.last_type = found[-1].type
        return found

    def progress_of(self, listener: Listener) -> bytes | None:
        """How far its job is, where that is news to it."""
        latest = None if listener.job_id is None else self._progress.latest(listener.job_id)
        if latest is None or latest is listener.progress:
            return None
        listener.progress = latest
        return latest

    def has_all(self, listener: Listener) -> bool:
        """Whether it was told all that there is by now."""
        return self._to is not None and listener.position is not None and listener.position >= self._to

    def is_over(self, listener: Listener) -> bool:
        """Whether its job has ended, and it was told so."""
        return listener.job_id is not None and listener.last_type in ENDS and self.has_all(listener)

    def _newer(self, listener: Listener, to: int) -> list[Told]:
        assert listener.position is not None
        first = bisect_right(self._recent, listener.position, key=lambda each: each.sequence)
        page = self._recent[first : first + _PAGE]
        if first + _PAGE < len(self._recent):
            listener.position = page[-1].sequence
            listener.wake()
        else:
            listener.position = to
        return [each for each in page if each.project == listener.project and listener.job_id in (None, each.job_id)]

    async def _older(self, listener: Listener, to: int) -> list[Told]:
        try:
            page = await to_thread.run_sync(self._read, listener, to, limiter=self._threads)
        except OperationalError:  # the database is away: the client comes again from where it is
            listener.end()
            return []
        listener.position = page[-1].sequence if len(page) == _PAGE else to
        listener.wake()  # there may be more
        return [told(listener.project, event) for event in page]

    def _read(self, listener: Listener, to: int) -> list[JobEvent]:
        after = listener.position or 0
        with self._database.reading() as session:
            return events.of_project(session, listener.project, listener.job_id, after=after, to=to, limit=_PAGE)

    @property
    def is_anybody_there(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def job_ids(self) -> Collection[str]:
        """The jobs whose progress is told."""
        return self._progress.job_ids()

    def question(self) -> Question:
        """What has happened since, how far jobs are, and whose key has ended."""
        if self._is_horizon_old:
            self._horizon.forget()
            self._is_horizon_old = False
        key_ids = {listener.key_id for listener in self._listeners if listener.key_id is not None}
        return partial(self._news, self._to, key_ids, self._progress.known(time.monotonic()))

    def fail(self, error: Exception) -> None:
        """They hear of it later, when the database is back."""

    def _news(
        self,
        after: int | None,
        key_ids: Collection[str],
        known: Mapping[str, progress.Known],
        session: Session,
        now: float,
        versions: Versions,
    ) -> News:
        to = self._horizon.look(session)
        new = [] if after is None or to is None else events.of_all(session, after=after, to=to, limit=_MAX_RECENT)
        to = new[-1][1].sequence if len(new) == _MAX_RECENT else to
        far = progress.find(session, known, versions, now)
        ended = keys.ended_among(session, key_ids, now)
        return partial(self._tell, after, to, [told(*each) for each in new], far, ended)

    def _tell(
        self, after: int | None, to: int | None, new: list[Told], far: progress.Found, ended: Collection[str]
    ) -> None:
        for listener in self._listeners:
            if listener.key_id in ended or time.monotonic() > listener.ends_at:
                listener.end()
        self._progress.tell(far, time.monotonic())
        if after == self._to and self._listeners and to is not None:  # else others have come than were asked for
            self._note(to, new)
        if self._horizon.is_waiting or far.is_any_left or len(new) == _MAX_RECENT:
            self._poller.wake()

    def _note(self, to: int, new: list[Told]) -> None:
        if self._to is None:
            self._floor, affected = to, self._listeners
        else:
            self._recent += new
            affected = {listener for event in new for listener in self._hearers(event)}
        self._to = to
        surplus = len(self._recent) - _MAX_RECENT
        if surplus > 0:
            self._floor = self._recent[surplus - 1].sequence
            del self._recent[:surplus]
        for listener in affected:
            listener.wake()

    def _hearers(self, event: Told) -> Collection[Listener]:
        of_job = {each for each in self._progress.listeners(event.job_id) if each.project == event.project}
        return of_job | self._to_all.get(event.project, set())
