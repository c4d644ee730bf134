"""One chunk of an augmentation, from its claim to its stored part. The work itself is in ``workers.archives``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole
from api_schemas.datasets import DatasetFacts
from api_schemas.failures import Failure
from api_schemas.jobs import AugmentationRequest
from api_schemas.plans import AugmentationPlan
from store import chunks, jobs, leases, queue
from store.chunks import Place
from store.leases import Lease
from store.tables import ChunkRow, DatasetRow, JobRow
from workers.archives.layout import Layout
from workers.context import Context
from workers.lease_keeper import LeaseKeeper
from workers.leased_work import carry_out

Task = tuple[Layout, ChunkRole, Place]


def run_chunk(context: Context, chunk_id: str) -> None:
    """Claim the chunk, carry it out, record the outcome, and have the job advanced when nothing is left to wait for."""
    was_ours = carry_out(
        context,
        leases.CHUNKS,
        chunk_id,
        read=lambda session: _read(session, chunk_id),
        do=partial(_do, context),
        record=_record,
        what="augmentation",
    )
    if was_ours:
        _advance_if_due(context, chunk_id)


def _read(session: Session, chunk_id: str) -> Task:
    row = session.get_one(ChunkRow, chunk_id)
    job = session.get_one(JobRow, row.job_id)
    dataset = session.get_one(DatasetRow, job.dataset_id)
    assert dataset.digest is not None, "chunks exist only once the dataset is ready"
    layout = Layout(
        folder=f"jobs/{job.id}",
        digest=dataset.digest,
        facts=DatasetFacts.model_validate(dataset.facts),
        request=jobs.request_of(job, AugmentationRequest),
        plan=AugmentationPlan.model_validate(job.plan),
    )
    return layout, ChunkRole(row.role), Place(row.number, row.first, row.images)


def _do(context: Context, task: Task, keeper: LeaseKeeper) -> dict[str, Any]:
    layout, role, place = task
    return _WORK[role](context, layout, place, keeper)


def _augment(context: Context, layout: Layout, place: Place, keeper: LeaseKeeper) -> dict[str, Any]:
    from workers.archives.parts import make_part  # imports the engine, which only pool processes need

    return make_part(context.artifacts, layout, place, keeper)


def _assemble(context: Context, layout: Layout, _place: Place, keeper: LeaseKeeper) -> dict[str, Any]:
    from workers.archives.assembly import assemble

    return assemble(context.artifacts, layout, keeper)


_WORK: dict[ChunkRole, Callable[[Context, Layout, Place, LeaseKeeper], dict[str, Any]]] = {
    ChunkRole.AUGMENT: _augment,
    ChunkRole.ASSEMBLE: _assemble,
}


def _record(session: Session, lease: Lease, task: Task, outcome: dict[str, Any] | Failure, now: float) -> None:
    if isinstance(outcome, Failure):
        chunks.fail(session, lease, outcome, now)
    else:
        chunks.succeed(session, lease, outcome, task[2].images, now)


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
