"""The planner, the sweep and the workers of augmentations, over a real database and a queue that remembers."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from api_schemas.chunks import ChunkRole, ChunkState
from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import AugmentationRequest
from augury.datasets.snapshot import Snapshot
from store.ids import DEFAULT_PROJECT
from store.queue import ADVANCE, CONTROL, WORK, doorbell
from store.rows import chunks, datasets, jobs, leases
from store.rows.tables import ChunkRow, JobRow
from store.rows.upkeep import duties
from store.rows.views import job_views
from tests.augury.archives.samples import body, snapshot
from tests.store.databases import DIGITS
from tests.store.snapshots import store_snapshot
from tests.workers.conftest import RecordingQueue
from tests.workers.units.carried import advance, run_chunk
from workers.context import Context
from workers.maintenance.sweep import sweep
from workers.units.next_unit import work

PER_CHUNK = 5


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augury.planning.augmentation.MAX_IMAGES_PER_CHUNK", PER_CHUNK)


def _submit(context: Context, source: Snapshot | None = None, **changes: Any) -> str:
    """A job on a dataset that is ready."""
    source = source or snapshot()
    digest = store_snapshot(context.artifacts, source)
    now = time.time()
    with context.database.writing() as session:
        row = datasets.register(session, DEFAULT_PROJECT, DIGITS, now)
        if row.digest is None:
            lease = leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=now, seconds=10)
            assert lease is not None
            datasets.finish_ingestion(session, lease, digest, source.facts(), now)
        request = AugmentationRequest.model_validate(body(**changes))
        return jobs.create(session, request, row, now, now + 3600).id


def _job(context: Context, job_id: str) -> JobRow:
    with context.database.reading() as session:
        return session.get_one(JobRow, job_id)


def _chunks(context: Context, job_id: str) -> list[ChunkRow]:
    with context.database.reading() as session:
        query = select(ChunkRow).where(ChunkRow.job_id == job_id).order_by(ChunkRow.role.desc(), ChunkRow.number)
        return list(session.scalars(query))


def _run(context: Context, queue: RecordingQueue) -> None:
    """Do what is in the queue, and what comes of it, until nothing is left."""
    while messages := queue.take():
        for task, unit_id, _ in messages:
            {ADVANCE: advance, WORK: work}[task](context, unit_id)


def test_a_job_goes_from_chunks_over_their_assembly_to_its_archive(context: Context, queue: RecordingQueue) -> None:
    """Chunks never reach over the end of a round; the last one asks for the assembly; its end is the job's."""
    job_id = _submit(context, rounds=2)
    advance(context, job_id)
    assert (_job(context, job_id).state, _job(context, job_id).phase) == ("running", "augmenting")
    assert [(c.number, c.first, c.images) for c in _chunks(context, job_id)] == [
        (0, 0, 5), (1, 5, 5), (2, 10, 2), (3, 12, 5), (4, 17, 5), (5, 22, 2),
    ]  # fmt: skip
    published = queue.take()
    assert [(task, name) for task, _, name in published] == [(WORK, "cpu")] * 6

    for _ in published:
        assert work(context, "cpu")
    assert queue.take() == [(ADVANCE, job_id, "control")], "only the last chunk wakes the planner"
    advance(context, job_id)
    assert _job(context, job_id).phase == "assembling"
    assert queue.take() == [doorbell("cpu")]
    assert work(context, "cpu")
    _run(context, queue)
    job = _job(context, job_id)
    assert (job.state, job.phase) == ("succeeded", "done")
    assert list(job.artifacts or {}) == ["augmented.zip", "manifest.jsonl"]
    assert context.artifacts.exists(f"jobs/{job_id}/augmented.zip")


def test_calling_it_twice_publishes_nothing_twice(context: Context, queue: RecordingQueue) -> None:
    """In every phase."""
    job_id = _submit(context)
    for _ in range(2):
        advance(context, job_id)
    assert queue.take() == [doorbell("cpu")] * 3
    assert [work(context, "cpu") for _ in range(6)] == [True] * 3 + [False] * 3
    queue.take()
    for _ in range(2):
        advance(context, job_id)
    assert len(queue.take()) == 1


def test_progress_counts_chunks_and_the_images_of_running_ones(context: Context, queue: RecordingQueue) -> None:
    """The assembly is one of them."""
    job_id = _submit(context)
    advance(context, job_id)
    first, second, _ = [chunk.id for chunk in _chunks(context, job_id)]
    queue.take()
    run_chunk(context, first)
    with context.database.writing() as session:
        now = context.database.now(session)
        lease = leases.claim(session, leases.CHUNKS, second, owner="w", now=now, seconds=10)
        assert lease is not None
        leases.renew(session, lease, now=now, seconds=10, done=2)
    with context.database.reading() as session:
        progress = job_views.to_wire(session, session.get_one(JobRow, job_id), now).progress
    assert (progress.chunks_total, progress.chunks_done, progress.chunks_running) == (4, 1, 1)
    assert (progress.fraction, progress.trials_total) == (0.35, 0)
    assert progress.estimated_finish is not None


def test_a_failed_chunk_fails_the_job_and_drops_the_others(context: Context, queue: RecordingQueue) -> None:
    """An archive with holes is not what was asked for."""
    job_id = _submit(context)
    advance(context, job_id)
    with context.database.writing() as session:
        now = context.database.now(session)
        failing = _chunks(context, job_id)[1]
        lease = leases.claim(session, leases.CHUNKS, failing.id, owner="w", now=now, seconds=10)
        assert lease is not None
        chunks.fail(session, lease, Failure.of(FailureClass.OUT_OF_MEMORY, "too big"), now)
    advance(context, job_id)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["class"] == "out_of_memory"
    assert job.error["message"] == "chunk 2 of 3 chunks failed: too big"
    assert [chunk.state for chunk in _chunks(context, job_id)] == ["cancelled", "failed", "cancelled"]


def test_a_worker_that_finds_its_part_missing_fails_the_job_with_a_sentence(
    context: Context, queue: RecordingQueue
) -> None:
    """Somebody removed a part between its making and the assembly."""
    job_id = _submit(context)
    advance(context, job_id)
    for _ in queue.take():
        assert work(context, "cpu")
    context.artifacts.delete(f"jobs/{job_id}/chunks/000001.images")
    _run(context, queue)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert "putting the parts together" in job.error["message"]


def test_images_that_a_png_cannot_hold_fail_the_job_as_the_users_mistake(
    context: Context, queue: RecordingQueue
) -> None:
    """What could not be known at submission is said now, with the way out."""
    job_id = _submit(context, snapshot(shape=(4, 4, 3), dtype="uint16"))
    advance(context, job_id)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error["class"], "npz can" in job.error["message"]) == ("user_input", True)
    assert queue.take() == []


def test_a_cancel_drops_waiting_chunks_and_waits_for_running_ones(context: Context, queue: RecordingQueue) -> None:
    """Then the sweep removes the parts that were made."""
    job_id = _submit(context)
    advance(context, job_id)
    made, running, _ = [chunk.id for chunk in _chunks(context, job_id)]
    queue.take()
    run_chunk(context, made)
    with context.database.writing() as session:
        now = context.database.now(session)
        lease = leases.claim(session, leases.CHUNKS, running, owner="w", now=now, seconds=10)
        assert lease is not None
        job = jobs.locked(session, job_id)
        assert job is not None
        assert jobs.cancel(session, job, now) == "cancelling"
    with context.database.writing() as session:
        leases.finish(session, lease, ChunkState.CANCELLED, now=now)
        jobs.settle_cancelled(session, running, now)
    assert _job(context, job_id).state == "cancelled"
    assert [chunk.state for chunk in _chunks(context, job_id)] == ["succeeded", "cancelled", "cancelled"]
    assert context.artifacts.exists(f"jobs/{job_id}/chunks/000000.images")
    sweep(context)
    assert not context.artifacts.exists(f"jobs/{job_id}/chunks/000000.images")


def test_a_lost_worker_costs_its_chunk_only(context: Context, queue: RecordingQueue) -> None:
    """The sweep publishes that chunk again, and fails the job when it keeps losing workers."""
    job_id = _submit(context)
    advance(context, job_id)
    first, *others = [chunk.id for chunk in _chunks(context, job_id)]
    queue.take()
    for chunk_id in others:
        run_chunk(context, chunk_id)
    for _ in range(context.settings.max_attempts):
        with context.database.writing() as session:
            long_ago = context.database.now(session) - 100
            assert leases.claim(session, leases.CHUNKS, first, owner="w", now=long_ago, seconds=10)
        sweep(context)
        messages = queue.take()
    assert [chunk.attempts for chunk in _chunks(context, job_id)] == [3, 1, 1]
    assert (ADVANCE, job_id, "control") in messages
    advance(context, job_id)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["class"] == "worker_lost"


def test_lost_messages_of_chunks_are_published_again(context: Context, queue: RecordingQueue) -> None:
    """Also when messages for other work are still in the same queue."""
    job_id = _submit(context)
    advance(context, job_id)
    assert queue.take() == [doorbell("cpu")] * 3
    queue.waiting = [doorbell("cpu")]
    sweep(context)
    assert queue.take().count(doorbell("cpu")) == 3


def test_parts_go_when_the_job_is_over_and_the_archive_goes_with_the_job(
    context: Context, queue: RecordingQueue
) -> None:
    """Retention removes rows and files alike."""
    job_id = _submit(context)
    advance(context, job_id)
    _run(context, queue)
    assert context.artifacts.exists(f"jobs/{job_id}/chunks/000002.jsonl")
    sweep(context)
    assert not context.artifacts.exists(f"jobs/{job_id}/chunks/000002.jsonl")
    assert context.artifacts.exists(f"jobs/{job_id}/augmented.zip")
    with context.database.writing() as session:
        session.get_one(JobRow, job_id).finished_at = time.time() - 86_400 * (context.settings.job_retention_days + 1)
        duties.note_done(session, duties.FORGET, 0)
    sweep(context)
    assert not context.artifacts.exists(f"jobs/{job_id}/augmented.zip")
    assert _chunks(context, job_id) == []


def test_a_gpu_job_is_augmented_by_gpu_workers_and_put_together_by_others(
    context: Context, queue: RecordingQueue
) -> None:
    """Copying files needs no device."""
    job_id = _submit(context, device="gpu")
    advance(context, job_id)
    assert queue.take() == [doorbell("gpu")] * 3
    assert not work(context, "cpu"), "it is not for them"
    assert [work(context, "gpu") for _ in range(4)] == [True] * 3 + [False]
    queue.take()
    advance(context, job_id)
    assert [name for _, _, name in queue.take()] == ["cpu"]
    with context.database.reading() as session:
        assembly = chunks.assembly(session, job_id)
    assert assembly is not None
    assert assembly.role == ChunkRole.ASSEMBLE


def test_thousands_of_chunks_are_made_a_few_hundred_at_a_time(
    context: Context, queue: RecordingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call makes one page, rings for it, and asks for the next; nothing is put together before all are there."""
    monkeypatch.setattr("workers.planner.augmentation.MAX_CHUNKS_AT_ONCE", 2)
    job_id = _submit(context, rounds=2)
    advance(context, job_id)
    assert queue.take() == [doorbell("cpu")] * 2 + [(ADVANCE, job_id, CONTROL)]
    while work(context, "cpu"):
        pass
    assert queue.take() == [(ADVANCE, job_id, CONTROL)], "the planner is called for the last chunk that there is"
    plan = _job(context, job_id).plan
    assert plan is not None
    while len(_chunks(context, job_id)) < plan["chunks"]:
        before = len(_chunks(context, job_id))
        advance(context, job_id)
        assert before < len(_chunks(context, job_id)) <= before + 2
    numbers = [chunk.number for chunk in _chunks(context, job_id)]
    assert numbers == list(range(plan["chunks"]))
    assert {chunk.role for chunk in _chunks(context, job_id)} == {"augment"}


def _first_failure(context: Context, queue: RecordingQueue, settings: dict[str, Any]) -> dict[str, Any]:
    job_id = _submit(context)
    advance(context, job_id)
    queue.take()
    run_chunk(replace(context, settings=context.settings.model_copy(update=settings)), _chunks(context, job_id)[0].id)
    advance(context, job_id)
    error = _job(context, job_id).error
    assert error is not None
    return error


def test_an_archive_that_turns_out_too_large_is_not_begun(context: Context, queue: RecordingQueue) -> None:
    """Its dataset was not known when it was submitted."""
    error = _first_failure(context, queue, {"max_archive_bytes": 100})
    assert error["class"] == "user_input"
    assert "and the limit is 100" in error["message"]


def test_an_archive_for_which_there_is_no_room_is_not_begun(
    context: Context, queue: RecordingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of filling the disk for everybody: the parts and the archive lie side by side for a while."""
    usage = shutil.disk_usage(context.settings.data_dir)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100))
    error = _first_failure(context, queue, {})
    assert "bytes are needed on the worker's disk, and 100 are free" in error["message"]
