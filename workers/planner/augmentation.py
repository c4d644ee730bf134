"""The planner of augmentations: has every chunk of images made, then the parts put together."""

from __future__ import annotations

from itertools import islice

from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole, ChunkSpan, ChunkState
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import AugmentationRequest, Phase
from api_schemas.plans import AugmentationPlan
from augury.planning import augmentation
from store import queue
from store.queue import Message
from store.rows import chunks, events, jobs
from store.rows.quotas import stored
from store.rows.tables import ChunkRow, DatasetRow, JobRow
from workers.planner.step import Step

MAX_CHUNKS_AT_ONCE = 500
"""As for trials: a transaction for which others wait is over in a fraction of a second."""

_CHECKS = {"splits": augmentation.splits_problem, "format": augmentation.format_problem}


def next_step(session: Session, job: JobRow, dataset: DatasetRow, now: float) -> Step:
    """Make the plan, publish the chunks that are due, have them put together, or end the job."""
    plan = _plan(session, job, dataset, now)
    if plan is None:
        return Step()
    failed = chunks.first_failed(session, job.id)
    if failed is not None:  # an archive with holes is not what was asked for
        jobs.fail(session, job.id, _failure_of_job(failed, plan), now)
        return Step()
    by_state = chunks.counts(session, job.id, ChunkRole.AUGMENT)
    if by_state.get(ChunkState.SUCCEEDED, 0) == plan.chunks:
        return _put_together(session, job, plan, now)
    jobs.begin(session, job, Phase.AUGMENTING, now)
    is_whole = _add_chunks(session, job, plan, sum(by_state.values()), now)
    again = [] if is_whole else [(queue.ADVANCE, job.id, queue.CONTROL)]
    return Step(_publish(session, job, now) + again)


def _add_chunks(session: Session, job: JobRow, plan: AugmentationPlan, there: int, now: float) -> bool:
    """The next few hundred chunks of the plan, after those that are there; whether these were all."""
    due = list(islice(augmentation.chunk_spans(plan), there, there + MAX_CHUNKS_AT_ONCE))
    chunks.add(session, job.id, ChunkRole.AUGMENT, due, job.queue, now)
    return there + len(due) == plan.chunks


def _plan(session: Session, job: JobRow, dataset: DatasetRow, now: float) -> AugmentationPlan | None:
    """The job's plan, made when there is none yet; None if it cannot be carried out."""
    if job.plan is not None:
        return AugmentationPlan.model_validate(job.plan)
    request = jobs.request_of(job, AugmentationRequest)
    facts = DatasetFacts.model_validate(dataset.facts)
    for field, problem_of in _CHECKS.items():
        problem = problem_of(request, facts)
        if problem is not None:
            jobs.fail(session, job.id, Failure.of(FailureClass.USER_INPUT, f"{field}: {problem}"), now)
            return None
    plan = augmentation.plan_augmentation(request, facts)
    job.plan = plan.model_dump(mode="json")
    left_out = {"left_out": plan.left_out} if plan.left_out else {}
    events.append(session, job.id, "planned", now, chunks=plan.chunks, images=plan.images, **left_out)
    return plan


def _put_together(session: Session, job: JobRow, plan: AugmentationPlan, now: float) -> Step:
    assembly = chunks.assembly(session, job.id)
    if assembly is None:
        assert plan.images is not None
        whole = ChunkSpan(number=0, first=0, images=plan.images)
        chunks.add(session, job.id, ChunkRole.ASSEMBLE, [whole], chunks.ASSEMBLY_QUEUE, now)
    elif assembly.state == ChunkState.SUCCEEDED:
        assert assembly.result is not None, "a chunk that succeeded says what it made"
        if jobs.succeed(session, job.id, None, now, artifacts=assembly.result):
            stored.note(session, job, stored.files_bytes(assembly.result))
        return Step()
    jobs.begin(session, job, Phase.ASSEMBLING, now)
    return Step(_publish(session, job, now))


def _publish(session: Session, job: JobRow, now: float) -> list[Message]:
    return [queue.doorbell(kind) for kind in chunks.take_for_publishing(session, job.id, now)]


def _failure_of_job(failed: ChunkRow, plan: AugmentationPlan) -> Failure:
    error = Failure.model_validate(failed.error)
    what = "putting the parts together" if failed.role == ChunkRole.ASSEMBLE else f"chunk {failed.number + 1}"
    return Failure.of(error.failure_class, f"{what} of {plan.chunks} chunks failed: {error.message}")
