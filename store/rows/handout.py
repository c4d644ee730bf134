"""Which unit of work is next: decided here, whenever a worker asks, and not by the order of messages.

Ingestions, models to be read, probes and conclusions come first, as they are short and others wait for them. Then every
job that has work gets its share of the workers: next is the one with the fewest running units for its priority, and the
longer it has not been served the more it counts, so that nobody waits for ever. Within a job it goes seed by seed, so
that one which is ended early has whole pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, text, update
from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole, ChunkState
from api_schemas.datasets.dataset import DatasetState
from api_schemas.jobs import JobState, Phase
from api_schemas.models.model import ModelState
from api_schemas.service.priority import Priority
from api_schemas.training.trials import TrialState
from store.rows import leases
from store.rows.chunks import ASSEMBLY_QUEUE
from store.rows.datasets import INGESTION_QUEUE
from store.rows.leases import Lease, LeaseKind
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

WEIGHTS: dict[Priority, float] = {"low": 0.5, "normal": 1.0, "high": 2.0}
"""How many running units of a job count as one of a normal one's."""

AGEING_SECONDS = 600.0
"""Not to be served for so long weighs as much as one running unit of others."""

AnyUnit = type[ChunkRow | ConclusionRow | DatasetRow | RegisteredModelRow | TrialRow]

_WITH_WORK = (Phase.TRAINING, Phase.CONFIRMING, Phase.AUGMENTING, Phase.ASSEMBLING)


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


def note_served(session: Session, job_id: str, now: float) -> None:
    """Remember when a job had its turn.

    In a transaction of its own: whoever else needs both locks the job before its units, and not after.
    """
    session.execute(update(JobRow).where(JobRow.id == job_id).values(served_at=now))


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
    for job_id in _jobs_in_turn(session, queue, now):
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


def _jobs_in_turn(session: Session, queue: str, now: float) -> list[str]:
    running = _running_units(session)
    columns = (JobRow.id, JobRow.priority, JobRow.served_at, JobRow.created_at)
    query = select(*columns).where(JobRow.state == JobState.RUNNING, JobRow.phase.in_(_WITH_WORK), _is_offered(queue))

    def turn(job: Any) -> tuple[float, float, str]:
        weight = WEIGHTS[job.priority]
        waited = max(0.0, now - (job.served_at or job.created_at))
        return running[job.id] / weight - waited * weight / AGEING_SECONDS, job.created_at, job.id

    return [job.id for job in sorted(session.execute(query), key=turn)]


def _is_offered(queue: str) -> ColumnElement[bool]:
    """A job's work is for the kind of worker that it asks for; putting parts together is for one kind always."""
    own = JobRow.queue == queue
    return or_(own, JobRow.phase == Phase.ASSEMBLING) if queue == ASSEMBLY_QUEUE else own


def _running_units(session: Session) -> Counter[str]:
    """Of every job, its probes included; a trial that several jobs share counts for each of them."""
    trials = select(JobTrialRow.job_id, func.count())
    chunks = select(ChunkRow.job_id, func.count())
    counted: Counter[str] = Counter()
    for query, state, job_id in (
        (trials, text("job_trials.trial_state = 'running'"), JobTrialRow.job_id),
        (chunks, ChunkRow.state == ChunkState.RUNNING, ChunkRow.job_id),
    ):
        counted.update({row[0]: row[1] for row in session.execute(query.where(state).group_by(job_id))})
    return counted
