"""Webhooks of a service that is struck: is everything told that happens, and nobody told of what is not theirs?"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from api_schemas.webhooks.webhook import WebhookRequest
from store.database import Database, patiently
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
    """Receivers of webhooks, one of each project."""

    receivers: dict[str, Receiver]

    @property
    def hosts(self) -> str:
        """What the operator allows."""
        return ",".join(receiver.host for receiver in self.receivers.values())

    def register(self, database: Database, data_dir: Path) -> None:
        """Have each told of its project's jobs."""
        key = find_or_make_key(WebhookSettings(), data_dir)
        with database.writing() as session:
            now = database.now(session)
            for project, receiver in self.receivers.items():
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
        jobs: dict[str, list[str]] = {project: [] for project in self.receivers}
        with database.reading() as session:
            for project, job_id in session.execute(select(JobRow.project_id, JobRow.id)):
                jobs[project].append(job_id)
            undelivered = Counter(session.scalars(select(DeliveryRow.state).where(DeliveryRow.state != "delivered")))
        not_told, told_to_others, ids, messages = list[Any](), list[Any](), set[str](), 0
        for project, receiver in self.receivers.items():
            heard = {(each.payload["type"], each.payload["data"]["id"]) for each in list(receiver.received)}
            concern = set(itertools.product(_TYPES, jobs[project]))
            not_told += sorted(concern - heard)
            told_to_others += sorted(heard - concern)
            ids |= {each.id for each in list(receiver.received)}
            messages += len(heard)
        return {
            "not_told": not_told,
            "told_under_two_ids": len(ids) - messages,
            "undelivered": dict(undelivered),
            "told_to_others": told_to_others,
        }

    @property
    def repeated(self) -> int:
        """How often a message came that had come before."""
        return sum(
            len(receiver.received) - len({each.id for each in receiver.received})
            for receiver in self.receivers.values()
        )


@contextmanager
def told(projects: Sequence[str], *, is_flaky: bool) -> Iterator[Told]:
    """A receiver for each project for the length of the block; each refuses every seventh message where it is flaky."""
    with ExitStack() as stack:
        receivers = {project: stack.enter_context(receiving()) for project in projects}
        for receiver in receivers.values() if is_flaky else ():
            receiver.always = partial(_answer, itertools.count(1))
        yield Told(receivers)


def _answer(numbers: Iterator[int]) -> int:
    return 503 if next(numbers) % _REFUSED_EVERY == 0 else 204


def _wait(database: Database) -> None:
    def waiting() -> int:
        with database.reading() as session:
            unsent = DeliveryRow.state.in_(("queued", "sending"))
            return session.scalar(select(func.count()).where(unsent)) or 0

    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while patiently(waiting, _PATIENCE_SECONDS) and time.monotonic() < give_up_at:
        time.sleep(0.2)
