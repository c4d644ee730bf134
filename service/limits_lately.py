"""The limits of projects as they were a moment ago: for what is asked with every request."""

from __future__ import annotations

import time

import anyio
import structlog
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from api_schemas.access.limits import Limits
from store.database import Database
from store.rows.access import projects

MAX_AGE_SECONDS = 2.0
log = structlog.get_logger(__name__)


class LimitsLately:
    """What projects may take, at most two seconds ago. Looking takes one thread, that is here for nothing else."""

    def __init__(self, database: Database, of_all: Limits) -> None:
        self._database, self._of_all = database, of_all
        self._seen: dict[str, tuple[float, Limits]] = {}
        self._turn = anyio.Lock()
        self._thread = anyio.CapacityLimiter(1)

    async def of(self, project: str) -> Limits:
        """The limits of a project, its own before those of all. While the database is away they are as they were."""
        found = self._fresh(project)
        if found is not None:
            return found
        async with self._turn:  # the others find what the first of them has seen
            found = self._fresh(project)
            if found is None:
                found = await to_thread.run_sync(self._look, project, limiter=self._thread)
                self._seen[project] = time.monotonic(), found
            return found

    async def max_event_streams(self, project: str) -> int | None:
        """How many event streams of a project may be open at a time; None: any number."""
        return (await self.of(project)).event_streams

    def _fresh(self, project: str) -> Limits | None:
        seen_at, limits = self._seen.get(project, (float("-inf"), self._of_all))
        return limits if time.monotonic() - seen_at <= MAX_AGE_SECONDS else None

    def _look(self, project: str) -> Limits:
        try:
            with self._database.reading() as session:
                return projects.limits_of(projects.find(session, project), self._of_all)
        except SQLAlchemyError as error:  # nobody is to be refused for that
            log.warning("limits were not looked at", project=project, reason=type(error).__name__)
            return self._seen.get(project, (0.0, self._of_all))[1]
