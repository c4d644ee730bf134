"""Rows that cannot be read: counted, failed after three times as our mistake, and in nobody's way."""

from __future__ import annotations

import time

from sqlalchemy import update

from store.rows import trials
from store.rows.tables import ChunkRow, JobRow
from tests.store.databases import comparison, new_job, ready_dataset, running_job
from workers.context import Context
from workers.maintenance.sweep import sweep
from workers.planner.advance import advance
from workers.units.next_unit import work


def _job(context: Context, job_id: str) -> JobRow:
    with context.database.reading() as session:
        return session.get_one(JobRow, job_id)


def test_a_job_over_which_the_planner_always_fails_is_failed_after_three_looks(context: Context) -> None:
    """Its client hears of it in a minute, and not at the deadline; one that recovers starts counting anew."""
    with context.database.writing() as session:
        ready_dataset(session)
        job_id = new_job(session, now=time.time()).id
        request = session.get_one(JobRow, job_id).request

    def set_request(value: object) -> None:
        with context.database.writing() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id).values(request=value))

    set_request({"kind": "comparison", "nonsense": 1})
    for _ in range(2):
        advance(context, job_id)
    assert (_job(context, job_id).state, _job(context, job_id).failed_looks) == ("queued", 2)
    set_request(request)
    advance(context, job_id)
    assert (_job(context, job_id).state, _job(context, job_id).failed_looks) == ("running", 0)
    with context.database.writing() as session:
        session.execute(update(JobRow).where(JobRow.id == job_id).values(plan={"rounds": "nonsense"}))
    for _ in range(3):
        advance(context, job_id)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["class"] == "internal"


def test_a_unit_that_cannot_be_read_fails_after_three_attempts_and_holds_up_no_other(context: Context) -> None:
    """Probes come before trials, so that a bad one would be claimed, and given back, for ever."""
    with context.database.writing() as session:
        job = running_job(session, comparison(), now=time.time())
        session.add(
            ChunkRow(
                id="chunk_bad", job_id=job.id, role="probe", number=77, first=0, images=1, state="queued", queue="cpu",
                attempts=0, created_at=0.0,
            )
        )  # fmt: skip
    for attempt in range(1, context.settings.max_attempts + 1):
        assert work(context, "cpu")
        with context.database.reading() as session:
            bad = session.get_one(ChunkRow, "chunk_bad")
        assert bad.attempts == attempt
    assert bad.state == "failed"
    assert bad.error is not None
    assert bad.error["class"] == "internal"
    sweep(context)
    with context.database.reading() as session:
        assert {trial.state for _, trial in trials.of_job(session, job.id)} == {"queued"}
