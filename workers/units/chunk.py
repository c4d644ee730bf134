"""One chunk, from its claim to its stored result. The work itself is in ``augury.archives`` and ``augury.probing``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole
from api_schemas.failures import Failure
from store import queue
from store.rows import chunks, leases
from store.rows.leases import Lease
from store.rows.tables import ChunkRow
from workers.context import Context
from workers.leasing.heartbeat import LeaseKeeper
from workers.leasing.run_leased import UnitOfWork
from workers.units import augmentation, condition, probe, score


@dataclass(frozen=True)
class _Work:
    """How a role's chunks are carried out. *do* gets what *read* found in the transaction that claims the chunk."""

    read: Callable[[Session, ChunkRow], Any]
    do: Callable[[Context, Any, LeaseKeeper], dict[str, Any]]


_WORK = {
    ChunkRole.AUGMENT: _Work(augmentation.read, augmentation.augment),
    ChunkRole.ASSEMBLE: _Work(augmentation.read, augmentation.assemble),
    ChunkRole.PROBE: _Work(probe.read, probe.probe),
    ChunkRole.CONDITION: _Work(condition.read, condition.judge),
    ChunkRole.SCORE: _Work(score.read, score.score),
}


@dataclass(frozen=True)
class _Task:
    """A claimed chunk."""

    work: _Work
    images: int
    details: Any


def _read(session: Session, chunk_id: str) -> _Task:
    row = session.get_one(ChunkRow, chunk_id)
    work = _WORK[ChunkRole(row.role)]
    return _Task(work, row.images, work.read(session, row))


def _do(context: Context, task: _Task, keeper: LeaseKeeper) -> dict[str, Any]:
    return task.work.do(context, task.details, keeper)


def _record(
    _context: Context, session: Session, lease: Lease, task: _Task, outcome: dict[str, Any] | Failure, now: float
) -> None:
    if isinstance(outcome, Failure):
        chunks.fail(session, lease, outcome, now)
    else:
        chunks.succeed(session, lease, outcome, task.images, now)


def _advance_if_due(context: Context, chunk_id: str) -> None:
    """Once the last chunk is over, or one has failed: a planner that looks at every one of thousands has no time."""
    with context.database.reading() as session:
        job_ids = chunks.jobs_of(session, [chunk_id])
        due = [
            job_id
            for job_id in job_ids
            if chunks.first_failed(session, job_id) is not None or not chunks.is_any_unfinished(session, job_id)
        ]
    for job_id in due:
        context.queue.publish(queue.ADVANCE, job_id, queue.CONTROL)


UNIT = UnitOfWork(leases.CHUNKS, "augmentation", _read, _do, _record, _advance_if_due)
