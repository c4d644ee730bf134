"""Chunk rows: leased units of work that belong to one job: parts of an archive, and what models are asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import and_, delete, func, select, text, update
from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole, ChunkSpan, ChunkState
from api_schemas.failures import Failure
from api_schemas.plans import BASELINE
from store.ids import CHUNK, new_id
from store.rows import leases, state_machines
from store.rows.leases import Lease
from store.rows.state_machines import move_all
from store.rows.tables import ChunkRow, JobRow, JobTrialRow

ASSEMBLY_QUEUE = "cpu"
_UNFINISHED = (ChunkState.QUEUED, ChunkState.RUNNING)


def add(session: Session, job_id: str, role: ChunkRole, spans: Iterable[ChunkSpan], queue: str, now: float) -> None:
    """Queued chunks for these spans of a job's archive."""
    session.add_all(
        ChunkRow(
            id=new_id(CHUNK), job_id=job_id, role=role, number=span.number, first=span.first, images=span.images,
            done=0, state=ChunkState.QUEUED, queue=queue, attempts=0, created_at=now,
        )
        for span in spans
    )  # fmt: skip
    session.flush()


def counts(session: Session, job_id: str, role: ChunkRole) -> dict[str, int]:
    """How many chunks of a job are in which state."""
    query = select(ChunkRow.state, func.count()).where(ChunkRow.job_id == job_id, ChunkRow.role == role)
    return {group[0]: group[1] for group in session.execute(query.group_by(ChunkRow.state))}


def first_failed(session: Session, job_id: str) -> ChunkRow | None:
    """The failed chunk with the lowest number, or None."""
    query = select(ChunkRow).where(ChunkRow.job_id == job_id, ChunkRow.state == ChunkState.FAILED)
    return session.scalar(query.order_by(ChunkRow.number).limit(1))


def assembly(session: Session, job_id: str) -> ChunkRow | None:
    """The chunk that puts a job's parts together, once there is one."""
    query = select(ChunkRow).where(ChunkRow.job_id == job_id, ChunkRow.role == ChunkRole.ASSEMBLE)
    return session.scalar(query)


def add_probes(session: Session, job_id: str, seeds: Iterable[int], queue: str, now: float) -> None:
    """Queued probes for those of the seeds that have none yet; a probe's number is its seed."""
    due = [ChunkSpan(number=seed, first=0, images=1) for seed in seeds]
    add_missing(session, job_id, ChunkRole.PROBE, due, queue, now)


def add_missing(
    session: Session, job_id: str, role: ChunkRole, spans: Iterable[ChunkSpan], queue: str, now: float
) -> None:
    """As add, for those of the spans whose numbers have no chunk yet."""
    of_role = (ChunkRow.job_id == job_id, ChunkRow.role == role)
    there = set(session.scalars(select(ChunkRow.number).where(*of_role)))
    add(session, job_id, role, [span for span in spans if span.number not in there], queue, now)


def of_role(session: Session, job_id: str, role: ChunkRole) -> Sequence[ChunkRow]:
    """A job's chunks of one role, by number."""
    query = select(ChunkRow).where(ChunkRow.job_id == job_id, ChunkRow.role == role)
    return session.scalars(query.order_by(ChunkRow.number)).all()


def forget_questions(session: Session, job_id: str) -> None:
    """Probes and conditions of models that are not a job's any more; none of them may be running."""
    asked = ChunkRow.role.in_((ChunkRole.PROBE, ChunkRole.CONDITION))
    session.execute(delete(ChunkRow).where(ChunkRow.job_id == job_id, asked))


def probes(session: Session, job_id: str) -> Sequence[ChunkRow]:
    """A job's probes, by seed."""
    return of_role(session, job_id, ChunkRole.PROBE)


def probes_of_trial(session: Session, trial_id: str, at_most: int) -> list[dict[str, Any]]:
    """What the model of a baseline's trial has answered to the jobs that have this trial, the latest job first."""
    slot = (JobTrialRow.job_id == ChunkRow.job_id, JobTrialRow.seed == ChunkRow.number)
    is_answer = (ChunkRow.role == ChunkRole.PROBE, ChunkRow.state == ChunkState.SUCCEEDED)
    query = (
        select(ChunkRow.result)
        .join(JobTrialRow, and_(*slot))
        .where(JobTrialRow.trial_id == trial_id, JobTrialRow.arm == BASELINE, *is_answer)
    )
    answers = session.scalars(query.order_by(JobTrialRow.job_id.desc()).limit(at_most))
    return [answer for answer in answers if answer is not None]


def take_for_publishing(session: Session, job_id: str, now: float) -> list[str]:
    """Note that all queued chunks of a job are rung for; the kinds of worker of those for which it was not so yet."""
    due = text("chunks.state = 'queued' and chunks.published_at is null")  # in the words of their index
    statement = update(ChunkRow).where(ChunkRow.job_id == job_id, due).values(published_at=now)
    return list(session.scalars(statement.returning(ChunkRow.queue)))


def is_any_unfinished(session: Session, job_id: str) -> bool:
    """Whether a chunk of the job still waits or runs."""
    query = select(ChunkRow.id).where(ChunkRow.job_id == job_id, ChunkRow.state.in_(_UNFINISHED)).limit(1)
    return session.scalar(query) is not None


def succeed(session: Session, lease: Lease, result: dict[str, Any], images: int, now: float) -> bool:
    """The chunk's part is stored; False when the lease was lost."""
    return leases.finish(session, lease, ChunkState.SUCCEEDED, now=now, done=images, result=result)


def fail(session: Session, lease: Lease, failure: Failure, now: float) -> bool:
    """Record why a chunk gave no part; False when the lease was lost."""
    return leases.finish(session, lease, ChunkState.FAILED, now=now, error=failure.model_dump(mode="json"))


def cancel_of_job(session: Session, job_id: str, now: float) -> bool:
    """Drop a job's chunks; True when none of them is running (any more).

    Queued ones end at once; running ones are asked to stop and end when their worker has stopped.
    """
    of_job = ChunkRow.job_id == job_id
    unclaimed = ChunkRow.state == ChunkState.QUEUED
    move_all(session, state_machines.CHUNK, ChunkState.CANCELLED, of_job, unclaimed, finished_at=now)
    running = (of_job, ChunkRow.state == ChunkState.RUNNING)
    session.execute(
        update(ChunkRow).where(*running, ChunkRow.cancel_requested_at.is_(None)).values(cancel_requested_at=now)
    )
    return session.scalar(select(ChunkRow.id).where(*running).limit(1)) is None


def jobs_of(session: Session, chunk_ids: Iterable[str]) -> Sequence[str]:
    """The jobs that wait for any of these chunks."""
    query = (
        select(ChunkRow.job_id)
        .distinct()
        .join(JobRow, JobRow.id == ChunkRow.job_id)
        .where(ChunkRow.id.in_(list(chunk_ids)), JobRow.finished_at.is_(None))
    )
    return session.scalars(query).all()


def give_up_parts(session: Session, max_jobs: int) -> list[str]:
    """Jobs that are over and whose stored parts nobody needs any more; their chunks forget them."""
    needless = text("chunks.role = 'augment' and chunks.result is not null")  # in the words of their index
    query = (
        select(ChunkRow.job_id)
        .distinct()
        .join(JobRow, JobRow.id == ChunkRow.job_id)
        .where(JobRow.finished_at.is_not(None), needless)
        .limit(max_jobs)
    )
    job_ids = list(session.scalars(query))
    if job_ids:
        session.execute(update(ChunkRow).where(ChunkRow.job_id.in_(job_ids), needless).values(result=None))
    return job_ids
