"""Refusals, counted: whoever knocks a million times has a few rows written, and no disk filled.

Those that are alike are one row a minute, and of those that are not there are so many rows a minute at most. What is
counted here and not written yet is lost when the process is killed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import anyio
import structlog
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from store.database import Database
from store.rows.audit import trail
from store.rows.audit.trail import Doer

MAX_ROWS = 200
"""Of refusals that are not alike, in one minute; the others are counted together."""
WRITTEN_EVERY_SECONDS = 60.0
log = structlog.get_logger(__name__)


class Refusal(NamedTuple):
    """What makes two refusals alike."""

    project: str | None
    doer: Doer
    action: str
    reason: str


OTHERS = Refusal(None, Doer("nobody"), "others", "various")


class Refusals:
    """Those of this process that are not written yet."""

    def __init__(self) -> None:
        self._counted: Counter[Refusal] = Counter()
        self._turn = threading.Lock()
        self._writing = threading.Lock()

    def count(self, refusal: Refusal) -> None:
        """Somebody was refused something."""
        with self._turn:
            known = refusal in self._counted or len(self._counted) < MAX_ROWS
            self._counted[refusal if known else OTHERS] += 1

    def write(self, database: Database) -> None:
        """Write what was counted; where the database is away, it is kept for the next time."""
        with self._writing:
            with self._turn:
                counted, self._counted = self._counted, Counter()
            if not counted:
                return
            try:
                with database.writing() as session:
                    now = database.now(session)
                    for (project, doer, action, reason), count in counted.items():
                        trail.append_refused(session, project, doer, action, now, reason=reason, count=count)
            except SQLAlchemyError as error:
                log.warning("refusals were not written, and will be", reason=type(error).__name__)
                with self._turn:
                    for refusal, count in counted.items():
                        known = refusal in self._counted or len(self._counted) < MAX_ROWS
                        self._counted[refusal if known else OTHERS] += count

    @asynccontextmanager
    async def being_written(self, database: Database) -> AsyncIterator[None]:
        """Written every minute for the length of the block, and at its end."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._write_often, database)
            try:
                yield
            finally:
                group.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await to_thread.run_sync(self.write, database)

    async def _write_often(self, database: Database) -> None:
        while True:
            await anyio.sleep(WRITTEN_EVERY_SECONDS)
            await to_thread.run_sync(self.write, database)
