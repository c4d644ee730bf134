"""Which unit of work is next: decided here, whenever a worker asks, and not by the order of messages.

Ingestions, models to be read, probes and conclusions come first, as they are short and others wait for them. Then every
project that has work gets its share of the workers, however many jobs it has, and of that share every job of it:
``store.rows.turns.waiting`` says who is next. Within a job it goes seed by seed, so that one which is ended early has
whole pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole, ChunkState
from api_schemas.datasets.dataset import DatasetState
from api_schemas.models.model import ModelState
from api_schemas.training.trials import TrialState
from store.rows import leases
from store.rows.datasets import INGESTION_QUEUE
from store.rows.leases import Lease, LeaseKind
from store.rows.projects.tables import ProjectRow
from store.rows.tables import (
    ChunkRow,
    ConclusionRow,
    ConclusionState,
    DatasetRow,
    JobRow,
    JobTrialRow,
    RegisteredModelRow,
    TrialRow,
)
from store.rows.turns import waiting as waiting_jobs

AnyUnit = type[ChunkRow | ConclusionRow | DatasetRow | RegisteredModelRow | TrialRow]


@dataclass(frozen=True)
class Turn:
    """A unit that was taken, and the job whose turn it was; None where it is nobody's turn in particular."""

    lease: Lease
    job_id: str | None


def claim_next(session: Session, queue: str, *, owner: str, now: float, seconds: float) -> Turn | None:
    """Take the unit that is next for a kind of worker; None where nothing is due.

    Other workers may ask at the same time: rows that one of them is about to take are passed over.
    """
    for kind, row_id, job_id in _due(session, queue, now):
        lease = leases.claim(session, kind, row_id, owner=owner, now=now, seconds=seconds)
        if lease is not None:
            return Turn(lease, job_id)
    return None


def claim_companions(
    session: Session, turn: Turn, at_most: int, *, owner: str, now: float, seconds: float
) -> list[Turn]:
    """Take trials that a claimed one can be computed with, as they differ from it in seed and spec alone.

    Those of its job first, then those of its project, to whose share of the workers they count. One whose worker was
    lost has no companions and is nobody's, as that may have been its doing.
    """
    trial = session.get_one(TrialRow, turn.lease.row_id)
    if turn.job_id is None or trial.attempts > 1:
        return []
    alike = (TrialRow.project_id == trial.project_id, TrialRow.setting == trial.setting, TrialRow.attempts == 0)
    waiting = (TrialRow.state == TrialState.QUEUED, TrialRow.queue == trial.queue, TrialRow.finished_at.is_(None))
    of_others = select(TrialRow.id).where(*alike, *waiting).order_by(TrialRow.created_at, TrialRow.id)
    found: list[Turn] = []
    for job_id, query in ((turn.job_id, _trials_of(turn.job_id).where(*alike)), (None, of_others)):
        unlocked = query.limit(at_most - len(found)).with_for_update(skip_locked=True, of=TrialRow)
        for row_id in session.scalars(unlocked).all():
            lease = leases.claim(session, leases.TRIALS, row_id, owner=owner, now=now, seconds=seconds)
            if lease is not None:
                found.append(Turn(lease, job_id))
    return found


def note_served(session: Session, job_id: str, now: float) -> None:
    """Remember when a job, and its project, had their turn.

    In a transaction of its own: whoever else needs both locks the job before its units, and not after.
    """
    served = update(JobRow).where(JobRow.id == job_id).values(served_at=now).returning(JobRow.project_id)
    project = session.scalar(served)
    session.execute(update(ProjectRow).where(ProjectRow.id == project).values(served_at=now))


def waiting(session: Session, queue: str) -> int:
    """How many units wait for a kind of worker."""
    trials = (
        select(func.count(func.distinct(JobTrialRow.trial_id)))
        .join(JobRow, JobRow.id == JobTrialRow.job_id)
        .where(text("job_trials.trial_state = 'queued'"), JobRow.queue == queue, JobRow.finished_at.is_(None))
    )
    chunks = select(func.count()).where(ChunkRow.state == ChunkState.QUEUED, ChunkRow.queue == queue)
    conclusions = select(func.count()).where(
        ConclusionRow.state == ConclusionState.QUEUED, ConclusionRow.queue == queue
    )
    ingestions = select(func.count()).where(DatasetRow.state == DatasetState.QUEUED, DatasetRow.queue == queue)
    models = select(func.count()).where(
        RegisteredModelRow.state == ModelState.QUEUED, RegisteredModelRow.queue == queue
    )
    return sum(int(session.scalar(query) or 0) for query in (trials, chunks, conclusions, ingestions, models))


def _due(session: Session, queue: str, now: float) -> Iterator[tuple[LeaseKind, str, str | None]]:
    """Units in the order in which they are due, with the job whose turn it is, of which the first is mostly enough."""
    if queue == INGESTION_QUEUE:
        oldest = select(DatasetRow.id).where(DatasetRow.state == DatasetState.QUEUED).order_by(DatasetRow.created_at)
        yield from ((leases.INGESTIONS, found, None) for found in _free(session, oldest, DatasetRow))
        unread = select(RegisteredModelRow.id).where(RegisteredModelRow.state == ModelState.QUEUED)
        first = _free(session, unread.order_by(RegisteredModelRow.created_at), RegisteredModelRow)
        yield from ((leases.MODELS, found, None) for found in first)
    is_probe = (ChunkRow.role == ChunkRole.PROBE, ChunkRow.state == ChunkState.QUEUED, ChunkRow.queue == queue)
    probes = select(ChunkRow.id).where(*is_probe).order_by(ChunkRow.created_at)
    yield from ((leases.CHUNKS, found, None) for found in _free(session, probes, ChunkRow))
    asked = (ConclusionRow.state == ConclusionState.QUEUED, ConclusionRow.queue == queue)
    conclusions = select(ConclusionRow.id).where(*asked).order_by(ConclusionRow.created_at)
    yield from ((leases.CONCLUSIONS, found, None) for found in _free(session, conclusions, ConclusionRow))
    running = waiting_jobs.running_units(session)
    for project in waiting_jobs.projects_in_turn(session, queue, running, now):
        for job_id in waiting_jobs.jobs_in_turn(session, project, queue, running, now):
            yield from ((leases.TRIALS, found, job_id) for found in _free(session, _trials_of(job_id), TrialRow))
            yield from ((leases.CHUNKS, found, job_id) for found in _free(session, _chunks_of(job_id, queue), ChunkRow))


def _free(session: Session, query: Select[Any], row: AnyUnit) -> list[str]:
    """The first row that nobody else is about to take, if there is one."""
    return list(session.scalars(query.limit(1).with_for_update(skip_locked=True, of=row)))


def _trials_of(job_id: str) -> Select[Any]:
    queued = (JobTrialRow.job_id == job_id, JobTrialRow.trial_state == TrialState.QUEUED)
    still = TrialRow.state == TrialState.QUEUED
    query = select(TrialRow.id).join(JobTrialRow, JobTrialRow.trial_id == TrialRow.id).where(*queued, still)
    return query.order_by(JobTrialRow.seed, JobTrialRow.arm)


def _chunks_of(job_id: str, queue: str) -> Select[Any]:
    queued = (ChunkRow.job_id == job_id, ChunkRow.state == ChunkState.QUEUED, ChunkRow.queue == queue)
    return select(ChunkRow.id).where(*queued).order_by(ChunkRow.number)
