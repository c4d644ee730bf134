"""Noting that jobs are submitted on datasets and with models, once a day for each: they are kept for it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api_schemas.jobs import JobRequest, TrialRequest
from service.jobs.conditions import other_datasets_of
from store.database import Database
from store.rows.needs import use
from store.rows.tables import DatasetRow

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


def names_in(request: JobRequest, dataset: DatasetRow | None) -> list[str]:
    """What a request needs that is there already: ids, and the digest of a model."""
    model: Any = request.model if isinstance(request, TrialRequest) else None
    names = [getattr(dataset, "id", None), getattr(model, "id", None), getattr(model, "digest", None)]
    return [name for name in (*names, *(each.dataset for each in other_datasets_of(request))) if name]
