"""Keeping a lease while the work runs, and ending the work when it must end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from store.rows import jobs, leases, trials
from store.rows.tables import JobRow, TrialRow
from tests.store.databases import claim, comparison, running_job
from workers.context import Context
from workers.leasing import shutdown
from workers.leasing.heartbeat import LeaseKeeper, WorkCancelledError, WorkInterruptedError, give_back, settle_cancelled

PATIENCE = 60.0
_OF_OTHERS = comparison(evaluation={"seeds": 2, "first_seed": 100})


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


_UNHEEDING = """
import sys, time
from pathlib import Path
from store.database import Database
from store.rows import leases
from store.rows.leases import Lease
from workers.leasing.heartbeat import LeaseKeeper
from workers.settings import WorkerSettings

url, *held = sys.argv[1:]
settings = WorkerSettings(database_url=url, cancel_poll_seconds=0.05, cancel_grace_seconds=0.2, lease_seconds=60)
for row_id, lease_id in zip(held[::2], held[1::2]):
    LeaseKeeper(Database(url), Lease(leases.TRIALS, row_id, lease_id), settings).__enter__()
time.sleep(60)
"""


def test_a_process_that_is_killed_over_one_unit_gives_the_others_back(context: Context) -> None:
    """As if they had not been begun, and with those that are cancelled, too, cancelled: nobody waits for a lease."""
    with context.database.writing() as session:
        now = time.time()
        cancelled, other = running_job(session, now=now), running_job(session, _OF_OTHERS, now=now)
        own, others = ([trial for _, trial in trials.of_job(session, job.id)][:2] for job in (cancelled, other))
        held = [claim(session, trial, now, 60) for trial in (*own, *others)]
        cancelled_id = cancelled.id
    arguments = [part for lease in held for part in (lease.row_id, lease.lease_id)]
    process = subprocess.Popen([sys.executable, "-c", _UNHEEDING, context.database.url, *arguments])
    with context.database.writing() as session:
        job = jobs.locked(session, cancelled_id)
        assert job is not None
        jobs.cancel(session, job, time.time())
    assert process.wait(PATIENCE) == -signal.SIGKILL
    rows = [_trial(context, lease) for lease in held]
    assert [(row.state, row.attempts) for row in rows] == [("cancelled", 1)] * 2 + [("queued", 0)] * 2
