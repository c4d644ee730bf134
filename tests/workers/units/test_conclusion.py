"""A conclusion: the evidence of a job is looked at by one worker at a time, under a lease."""

from __future__ import annotations

import time

import pytest
from sqlalchemy.exc import OperationalError

from store.queue import ADVANCE, doorbell
from store.rows import conclusions, jobs, leases, trials
from store.rows.tables import ConclusionRow, JobRow
from tests.store.databases import comparison, new_job, ready_dataset
from tests.workers.conftest import RecordingQueue
from tests.workers.planner.finished import end_probes, finish_trials
from workers.context import Context
from workers.maintenance.sweep import sweep
from workers.planner import comparison as comparison_planner
from workers.planner.advance import advance
from workers.units.next_unit import work


def _trained_job(context: Context) -> str:
    """A job whose work is all done, and that asks for its conclusion."""
    with context.database.writing() as session:
        ready_dataset(session)
        job_id = new_job(session, comparison(evaluation={"seeds": 2}), now=time.time()).id
    advance(context, job_id)
    finish_trials(context, job_id)
    advance(context, job_id)
    end_probes(context, job_id)
    return job_id


def _job(context: Context, job_id: str) -> JobRow:
    with context.database.reading() as session:
        return session.get_one(JobRow, job_id)


def _states(context: Context) -> list[str]:
    with context.database.reading() as session:
        return [row.state for row in session.query(ConclusionRow).order_by(ConclusionRow.id)]


def _lose_worker(context: Context) -> None:
    """A worker takes the conclusion and is not heard of again."""
    with context.database.writing() as session:
        (row,) = session.query(ConclusionRow).filter_by(state="queued")
        assert leases.claim(session, leases.CONCLUSIONS, row.id, owner="w", now=time.time() - 100, seconds=1)


def test_it_is_asked_for_once_and_whoever_works_carries_it_out(context: Context, queue: RecordingQueue) -> None:
    """The planner only asks, however often it looks."""
    job_id = _trained_job(context)
    queue.take()
    for _ in range(3):
        advance(context, job_id)
    assert queue.take() == [doorbell("cpu")]
    assert _states(context) == ["queued"]
    assert _job(context, job_id).state == "running"
    assert work(context, "cpu")
    assert (_job(context, job_id).state, _states(context)) == ("succeeded", ["succeeded"])


def test_it_goes_before_the_trials_of_others(context: Context) -> None:
    """Somebody waits for a report that is seconds away."""
    job_id = _trained_job(context)
    with context.database.writing() as session:
        other = new_job(session, comparison(evaluation={"seeds": 2, "first_seed": 50}), now=0).id
    advance(context, other)
    advance(context, job_id)
    assert work(context, "cpu")
    assert _job(context, job_id).state == "succeeded"
    with context.database.reading() as session:
        assert {trial.state for _, trial in trials.of_job(session, other)} == {"queued"}


def test_a_lost_worker_s_conclusion_is_given_to_another(context: Context, queue: RecordingQueue) -> None:
    """The doorbell rings again, and the report is made."""
    job_id = _trained_job(context)
    advance(context, job_id)
    _lose_worker(context)
    queue.take()
    sweep(context)
    assert doorbell("cpu") in queue.take()
    assert work(context, "cpu")
    assert _job(context, job_id).state == "succeeded"


def test_a_conclusion_that_always_loses_its_worker_fails_its_job(context: Context, queue: RecordingQueue) -> None:
    """A report that needs more memory than there is does not take worker after worker for ever."""
    job_id = _trained_job(context)
    advance(context, job_id)
    for _ in range(context.settings.max_attempts):
        _lose_worker(context)
        sweep(context)
    assert (ADVANCE, job_id, "control") in queue.take()
    advance(context, job_id)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["class"] == "worker_lost"


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_cancelled_job_waits_for_no_conclusion(context: Context, is_begun: bool) -> None:
    """One that has not begun is dropped; one that has sees that the job is over and leaves it so."""
    job_id = _trained_job(context)
    advance(context, job_id)
    if is_begun:
        _lose_worker(context)
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        assert job is not None
        assert jobs.cancel(session, job, time.time()) == "cancelled"
    sweep(context)
    while work(context, "cpu"):
        pass
    assert _job(context, job_id).state == "cancelled"
    assert _states(context) == [["cancelled"], ["succeeded"]][is_begun]


def test_a_database_that_was_away_for_a_moment_fails_no_job(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was restarted while the evidence was read: that counts as an attempt, and is done again."""
    job_id = _trained_job(context)
    advance(context, job_id)

    def away(*_: object) -> None:
        raise OperationalError("select 1", {}, Exception("server closed the connection unexpectedly"))

    monkeypatch.setattr(comparison_planner, "read_results", away)
    assert work(context, "cpu")
    assert (_job(context, job_id).state, _states(context)) == ("running", ["queued"])
    monkeypatch.undo()
    assert work(context, "cpu")
    assert (_job(context, job_id).state, _states(context)) == ("succeeded", ["succeeded"])


def test_its_identifier_fits_its_column(context: Context) -> None:
    """PostgreSQL refuses what is longer, SQLite does not."""
    with context.database.writing() as session:
        row = conclusions.ask(session, new_job(session), 0)
        assert len(row.id) <= ConclusionRow.__table__.c.id.type.length
