"""Noting that jobs are submitted on datasets and with models, once a day for each: they are kept for it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from store.database import Database
from store.rows.needs import use

_MAX_REMEMBERED = 10_000
log = structlog.get_logger(__name__)


class UseNoted:
    """What this process has noted within the last day, so that a busy service does not write it again and again."""

    def __init__(self) -> None:
        self._at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def note(self, database: Database, project: str, names: Iterable[str]) -> None:
        """A project's job needs these; in a transaction of its own, before that of the job, which only reads them."""
        clock = time.monotonic()
        old = clock - use.NOTED_EVERY_SECONDS
        due = [name for name in sorted(set(names)) if self._at.get((project, name), float("-inf")) < old]
        if not due:
            return
        try:
            with database.writing() as session:
                use.note(session, project, due, database.now(session))
        except SQLAlchemyError as error:  # nobody is to be refused for that; the next job notes it
            log.warning("a use was not noted", reason=type(error).__name__)
            return
        for name in due:
            self._at[project, name] = clock
        while len(self._at) > _MAX_REMEMBERED:
            self._at.popitem(last=False)
