"""Webhooks of a service that is struck: is everything told that happens, and nobody told of what is not theirs?"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from api_schemas.webhooks.webhook import WebhookRequest
from store.database import Database, patiently
from store.ids import DEFAULT_PROJECT
from store.rows.access import projects
from store.rows.outbox.tables import DeliveryRow
from store.rows.tables import JobRow
from store.rows.webhooks import registered
from store.webhooks.key import find_or_make_key
from store.webhooks.settings import WebhookSettings
from store.webhooks.signatures import new_salt
from tests.receivers import Receiver, receiving

_PATIENCE_SECONDS = 60.0
_TYPES: Any = ["job.started", "job.succeeded"]
_REFUSED_EVERY = 7


@dataclass(frozen=True)
class Told:
    """Two receivers: one of the project that has all the jobs, and one of another project."""

    own: Receiver
    others: Receiver

    @property
    def hosts(self) -> str:
        """What the operator allows."""
        return f"{self.own.host},{self.others.host}"

    def register(self, database: Database, data_dir: Path) -> None:
        """Have each told of its project's jobs."""
        key = find_or_make_key(WebhookSettings(), data_dir)
        with database.writing() as session:
            now = database.now(session)
            for project, receiver in ((DEFAULT_PROJECT, self.own), ("others", self.others)):
                projects.create(session, project, now)
                request = WebhookRequest(url=receiver.url, types=_TYPES)
                registered.register(
                    session, project, request, now,
                    salt=new_salt(), signing_key=key.name, created_by=None, limit=10,
                )  # fmt: skip

    def faults(self, database: Database) -> dict[str, Any]:
        """What was not told, and what was told to whom it is no concern; empty or zero where all is well.

        A message may come twice, under its id: a sender that is killed after the POST cannot know that it arrived.
        """
        _wait(database)
        with database.reading() as session:
            jobs = list(session.scalars(select(JobRow.id)))
            undelivered = Counter(session.scalars(select(DeliveryRow.state).where(DeliveryRow.state != "delivered")))
        heard = {(each.payload["type"], each.payload["data"]["id"]): each.id for each in list(self.own.received)}
        ids = {each.id for each in list(self.own.received)}
        return {
            "not_told": sorted(set(itertools.product(_TYPES, jobs)) - set(heard)),
            "told_under_two_ids": len(ids) - len(heard),
            "undelivered": dict(undelivered),
            "told_to_others": len(self.others.received),
        }

    @property
    def repeated(self) -> int:
        """How often a message came that had come before."""
        return len(self.own.received) - len({each.id for each in self.own.received})


@contextmanager
def told(*, is_flaky: bool) -> Iterator[Told]:
    """Two receivers for the length of the block; the first refuses every seventh message where it is flaky."""
    with ExitStack() as stack:
        own, others = (stack.enter_context(receiving()) for _ in range(2))
        if is_flaky:
            numbers = itertools.count(1)
            own.always = lambda: 503 if next(numbers) % _REFUSED_EVERY == 0 else 204
        yield Told(own, others)


def _wait(database: Database) -> None:
    def waiting() -> int:
        with database.reading() as session:
            unsent = DeliveryRow.state.in_(("queued", "sending"))
            return session.scalar(select(func.count()).where(unsent)) or 0

    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while patiently(waiting, _PATIENCE_SECONDS) and time.monotonic() < give_up_at:
        time.sleep(0.2)
