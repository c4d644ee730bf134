"""How all work stands now, for those who run the service: what waits, since when, and what runs.

Only what is not over is looked at, by indexes that hold nothing else: a million trials that have ended cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, select, text
from sqlalchemy.orm import Session

from store.rows.tables import ChunkRow, ConclusionRow, DatasetRow, JobRow, RegisteredModelRow, TrialRow
from store.rows.upkeep.duties import SWEEP, done_at
from store.rows.upkeep.tables import WorkersSeenRow

QUEUED, RUNNING = "queued", "running"
_ACTIVE = {"ingesting": RUNNING, "reading": RUNNING}
"""What some call running otherwise."""


@dataclass(frozen=True)
class Group:
    """Units of work or jobs of a kind, for a kind of worker, in a state."""

    kind: str
    device: str
    state: str
    count: int
    oldest_seconds: float
    """Since the first of them was made."""


@dataclass(frozen=True)
class Standing:
    """How all work stands."""

    units: tuple[Group, ...]
    jobs: tuple[Group, ...]
    swept_at: float | None
    """When lost work was last looked for, in Unix seconds; None where it never was."""
    workers_seen_at: Mapping[str, float]
    """By their kind, in Unix seconds."""


def standing(session: Session, now: float) -> Standing:
    """How all work stands at a time in Unix seconds, which is now."""
    return Standing(
        units=tuple(each for query in _units() for each in _groups(session, query, now)),
        jobs=tuple(_groups(session, _jobs(), now)),
        swept_at=done_at(session, SWEEP),
        workers_seen_at={row.kind: row.seen_at for row in session.scalars(select(WorkersSeenRow))},
    )


def _units() -> Iterator[Select[Any]]:
    is_live_trial = text("trials.state in ('queued', 'running')")  # as the index says it
    yield _grouped(TrialRow, literal("trial"), is_live_trial)
    yield _grouped(ChunkRow, ChunkRow.role, ChunkRow.state.in_((QUEUED, RUNNING)))
    yield _grouped(ConclusionRow, literal("conclusion"), ConclusionRow.state.in_((QUEUED, RUNNING)))
    yield _grouped(DatasetRow, literal("dataset"), DatasetRow.state.in_((QUEUED, "ingesting")))
    yield _grouped(RegisteredModelRow, literal("model"), RegisteredModelRow.state.in_((QUEUED, "reading")))


def _jobs() -> Select[Any]:
    return _grouped(JobRow, JobRow.kind, JobRow.finished_at.is_(None))


def _grouped(row: Any, kind: Any, condition: Any) -> Select[Any]:
    columns = (kind.label("kind"), row.queue, row.state, func.count(), func.min(row.created_at))
    return select(*columns).where(condition).group_by(text("kind"), row.queue, row.state)


def _groups(session: Session, query: Select[Any], now: float) -> Iterator[Group]:
    for kind, device, state, count, oldest in session.execute(query):
        yield Group(kind, device, _ACTIVE.get(state, state), count, max(0.0, now - oldest))
