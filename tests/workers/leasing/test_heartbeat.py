"""Keeping a lease while the work runs, and ending the work when it must end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from store.rows import jobs, leases, trials
from store.rows.tables import JobRow, TrialRow
from tests.store.databases import claim, running_job
from workers.context import Context
from workers.leasing import shutdown
from workers.leasing.heartbeat import LeaseKeeper, WorkCancelledError, WorkInterruptedError, give_back, settle_cancelled

PATIENCE = 60.0


def _until(happens: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.02)


def _claimed(context: Context, seconds: float = 15) -> tuple[str, leases.Lease]:
    """A job in training, one of whose trials is held."""
    with context.database.writing() as session:
        now = time.time()
        job = running_job(session, now=now)
        return job.id, claim(session, trials.of_job(session, job.id)[0][1], now, seconds)


def _trial(context: Context, lease: leases.Lease) -> TrialRow:
    with context.database.reading() as session:
        return session.get_one(TrialRow, lease.row_id)


@pytest.fixture
def shutting_down() -> Iterator[Callable[[], None]]:
    """What a worker that is told to stop does, undone after the test."""
    yield shutdown.request
    shutdown._flag[0] = 0


def test_a_lease_that_is_kept_does_not_run_out(context: Context) -> None:
    """It is renewed before its end, and progress is written on the way."""
    context.settings.lease_seconds = 1.0
    _, lease = _claimed(context, seconds=1.0)
    ends_at = _trial(context, lease).lease_until
    assert ends_at is not None
    with LeaseKeeper(context.database, lease, context.settings) as keeper:
        keeper.report_progress(epoch=3)
        _until(lambda: (_trial(context, lease).lease_until or 0) > ends_at and _trial(context, lease).epoch == 3)
        keeper.raise_if_cancelled()


def test_work_is_told_that_it_was_cancelled(context: Context) -> None:
    """check() raises soon after the cancel; once it is settled, so is the job."""
    job_id, lease = _claimed(context)
    with LeaseKeeper(context.database, lease, context.settings) as keeper:
        with context.database.writing() as session:
            job = jobs.locked(session, job_id)
            assert job is not None
            assert jobs.cancel(session, job, time.time()) == "cancelling"
        with pytest.raises(WorkCancelledError):
            _until(lambda: keeper.raise_if_cancelled() is not None)
    settle_cancelled(context.database, lease)
    assert _trial(context, lease).state == "cancelled"
    with context.database.reading() as session:
        assert session.get_one(JobRow, job_id).state == "cancelled"


def test_work_is_told_that_its_worker_stops(context: Context, shutting_down: Callable[[], None]) -> None:
    """check() raises, and the trial goes back to the queue as if it had not been begun."""
    _, lease = _claimed(context)
    with LeaseKeeper(context.database, lease, context.settings) as keeper:
        keeper.raise_if_cancelled()
        shutting_down()
        with pytest.raises(WorkInterruptedError):
            _until(lambda: keeper.raise_if_cancelled() is not None)
    give_back(context.database, lease)
    row = _trial(context, lease)
    assert (row.state, row.attempts, row.lease_id) == ("queued", 0, None)


def test_the_keeper_stops_with_its_block(context: Context) -> None:
    """Afterwards nobody renews any more."""
    context.settings.lease_seconds = 1.0
    _, lease = _claimed(context, seconds=1.0)
    with LeaseKeeper(context.database, lease, context.settings):
        pass
    before = _trial(context, lease).lease_until
    time.sleep(0.4)
    assert _trial(context, lease).lease_until == before
