"""How things stand now: what waits and why, what is being done, and, for who may see it, the whole service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.base import optional_timestamp, timestamp
from api_schemas.chunks import ChunkRole
from api_schemas.service.health import Readiness
from augury.reporting import formatting
from augury.wording import count
from service.auth.actor import Actor
from service.observation import Seen
from store.ids import WEBHOOK
from store.queue import CONTROL, CPU_JAX, GPU_JAX, WORKERS
from store.rows.upkeep.workers_seen import ABSENT_AFTER_SECONDS
from store.rows.views.at_work import AtWork, at_work
from store.rows.views.standing import QUEUED, RUNNING
from store.rows.views.waits import Wait, waits

WHOLE_SERVICE = "metrics"
"""The scope of who may see how all projects stand together."""

_PATHS = {"job": "/jobs/", "ds": "/datasets/", WEBHOOK: "/operations/webhooks/"}
"""Where things are shown, by how their ids begin."""

KINDS = {
    "plan": ("plan", "plans"),
    "trial": ("trial", "trials"),
    ChunkRole.AUGMENT: ("part", "parts"),
    ChunkRole.ASSEMBLE: ("assembly", "assemblies"),
    ChunkRole.PROBE: ("probe", "probes"),
    ChunkRole.CONDITION: ("model under conditions", "models under conditions"),
    ChunkRole.SCORE: ("final score", "final scores"),
    "conclusion": ("conclusion", "conclusions"),
    "dataset": ("dataset", "datasets"),
    "model": ("model", "models"),
    "message": ("message", "messages"),
}
"""What units of work are called, one and several."""

_SELDOM = (CPU_JAX, GPU_JAX)
"""Kinds of workers that are shown only where there are some, or work for them."""

CHECKS = {
    "database": ("The database answers.", "The database is away: nothing can be accepted."),
    "broker": ("The broker answers.", "The broker is away: jobs are accepted, and start when it is back."),
    "recovery": (
        "Lost work is looked for.",
        "No control worker has looked for lost work lately: what is lost waits until one does.",
    ),
}
"""What each check of readiness means, where it is well and where it is not."""


@dataclass(frozen=True)
class Check:
    """One thing that the service needs."""

    is_well: bool
    sentence: str


@dataclass(frozen=True)
class Row:
    """Something that waits or is carried out.

    Attributes:
        what: a trial, 3 probes, …
        about: the id of what it is for; *path*: of the page of that, where there is one.
        since: a timestamp.
        values: what else there is to say.
    """

    what: str
    about: str
    path: str | None
    since: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class QueueStanding:
    """What there is of all projects for one kind of worker."""

    name: str
    waiting: int
    running: int
    oldest: str
    messages: str
    seen_at: str | None
    is_missed: bool
    """Whether there is something to do and no worker was seen lately."""


@dataclass(frozen=True)
class Overview:
    """All that the page shows.

    Attributes:
        checks: of what the service needs.
        version: of the service.
        waiting: what waits of the project; *values* are the kind of worker, and why.
        working: what is carried out for it; for who may see the whole service also of others. *values* are the
            worker, where it is shown, when its lease ends, and how often the work was begun.
        queues: of all projects; None for who may not see them.
        swept_at: when lost work was last looked for.
    """

    checks: Sequence[Check]
    version: str | None
    waiting: Sequence[Row]
    working: Sequence[Row]
    queues: Sequence[QueueStanding] | None
    swept_at: str | None


def overview(session: Session, caller: Actor, ready: Readiness, seen: Seen | None, now: float) -> Overview:
    """What a caller may see at a time in Unix seconds; *seen* is None unless they may see the whole service."""
    is_everything = seen is not None
    units = at_work(session, None if is_everything else caller.project)
    return Overview(
        checks=[Check(is_well, CHECKS[name][0 if is_well else 1]) for name, is_well in ready.checks.items()],
        version=ready.version,
        waiting=[_waiting(each) for each in waits(session, caller.project, now)],
        working=[_working(each, is_worker_shown=is_everything) for each in units],
        queues=None if seen is None else _queues(seen, now),
        swept_at=optional_timestamp(seen.standing.swept_at) if seen is not None and seen.standing else None,
    )


def path_of(identifier: str) -> str | None:
    """The page of what has this id, if there is one."""
    prefix, _, _ = identifier.partition("_")
    return _PATHS[prefix] + identifier if prefix in _PATHS else None


def _waiting(wait: Wait) -> Row:
    values = (wait.queue, wait.sentence)
    return Row(count(wait.count, *KINDS[wait.kind]), wait.about, path_of(wait.about), timestamp(wait.since), values)


def _working(unit: AtWork, *, is_worker_shown: bool) -> Row:
    # Names of workers are those of machines, and whoever uses the service needs to know nothing of these.
    values = (unit.worker if is_worker_shown else "", timestamp(unit.until), str(unit.attempt))
    return Row(KINDS[unit.kind][0], unit.about, path_of(unit.about), timestamp(unit.started_at), values)


def _queues(seen: Seen, now: float) -> list[QueueStanding]:
    every = [_queue(seen, name, now) for name in (CONTROL, *WORKERS)]
    return [each for each in every if each.name not in _SELDOM or each.waiting or each.running or each.seen_at]


def _queue(seen: Seen, name: str, now: float) -> QueueStanding:
    groups = [each for each in seen.standing.units if each.device == name] if seen.standing else []
    waiting, running = (sum(each.count for each in groups if each.state == state) for state in (QUEUED, RUNNING))
    oldest = max((each.oldest_seconds for each in groups if each.state == QUEUED), default=None)
    at: float | None = seen.standing.workers_seen_at.get(name) if seen.standing else None
    depth: Any = None if seen.messages is None else seen.messages.get(name)
    return QueueStanding(
        name=name,
        waiting=waiting,
        running=running,
        oldest=formatting.seconds(oldest),
        messages=formatting.UNKNOWN if depth is None else f"{depth:,}",
        seen_at=optional_timestamp(at),
        is_missed=(waiting > 0 or name == CONTROL) and (at is None or now - at > ABSENT_AFTER_SECONDS),
    )
