"""The sweep: whatever was lost is found here and put right."""

from __future__ import annotations

import time

import pytest

from store.files.names import predictions_name
from store.ids import DEFAULT_PROJECT
from store.queue import ADVANCE, doorbell
from store.rows import datasets, events, idempotency, jobs, leases, trials
from store.rows.access.tables import IdempotencyRow
from store.rows.idempotency import Fingerprint
from store.rows.tables import DatasetRow, JobEventRow, JobLabelRow, JobRow, JobTrialRow, TrialRow
from store.rows.upkeep import duties
from store.settings import SECONDS_PER_DAY
from tests.store.databases import claim, comparison, new_job, new_trial, running_job, succeed
from tests.workers.conftest import RecordingQueue
from workers.context import Context
from workers.maintenance import old_rows
from workers.maintenance.sweep import sweep


@pytest.fixture
def now() -> float:
    """The sweep looks at the real clock, so these tests count from it."""
    return time.time()


def _training(context: Context, now: float) -> str:
    """A job in training, of which no message is there."""
    with context.database.writing() as session:
        return running_job(session, now=now).id


def _job(context: Context, job_id: str) -> JobRow:
    with context.database.reading() as session:
        return session.get_one(JobRow, job_id)


def _rings(queue: RecordingQueue, kind: str = "cpu") -> int:
    return queue.take().count(doorbell(kind))


def test_a_worker_is_rung_again_for_every_unit_whose_message_was_lost(
    context: Context, queue: RecordingQueue, now: float
) -> None:
    """The broker came back empty; every queued trial gets one new message, and no second one."""
    _training(context, now)
    sweep(context)
    assert _rings(queue) == 4
    queue.waiting = [doorbell("cpu")] * 4
    sweep(context)
    assert _rings(queue) == 4
    queue.waiting = [doorbell("cpu")] * 3
    sweep(context)
    assert _rings(queue) == 4


def test_a_dataset_that_waits_without_a_message_is_rung_for(
    context: Context, queue: RecordingQueue, now: float
) -> None:
    """Ingestions are swept like trials."""
    with context.database.writing() as session:
        new_job(session, now=now)
    sweep(context)
    assert _rings(queue) == 1


def test_a_trial_that_two_kinds_of_jobs_wait_for_is_rung_for_on_both(
    context: Context, queue: RecordingQueue, now: float
) -> None:
    """Whichever worker there is may take it."""
    _training(context, now)
    with context.database.writing() as session:
        running_job(session, comparison(device="gpu"), now=now)
    sweep(context)
    messages = queue.take()
    assert (messages.count(doorbell("cpu")), messages.count(doorbell("gpu"))) == (4, 4)


def test_a_worker_is_rung_for_the_work_of_a_lost_one_at_once(
    context: Context, queue: RecordingQueue, now: float
) -> None:
    """And the jobs that wait for it are looked at."""
    job_id = _training(context, now)
    with context.database.writing() as session:
        lost = trials.of_job(session, job_id)[0][1]
        claim(session, lost, now - 100)
    queue.waiting = [doorbell("cpu")] * 3
    sweep(context)
    published = queue.take()
    assert published.count(doorbell("cpu")) == 4
    assert (ADVANCE, job_id, "control") in published
    with context.database.reading() as session:
        row = session.get_one(TrialRow, lost.id)
    assert (row.state, row.attempts) == ("queued", 1)


def test_a_cancelling_job_whose_worker_was_lost_is_cancelled(context: Context, now: float) -> None:
    """Nobody is left to hear of the cancel, so the sweep settles it."""
    job_id = _training(context, now)
    with context.database.writing() as session:
        claim(session, trials.of_job(session, job_id)[0][1], now - 100)
        job = jobs.locked(session, job_id)
        assert job is not None
        assert jobs.cancel(session, job, now) == "cancelling"
    sweep(context)
    assert _job(context, job_id).state == "cancelled"


def test_jobs_that_nobody_looks_at_are_advanced_again(context: Context, queue: RecordingQueue, now: float) -> None:
    """Their first message was lost, or the one that a finished trial sent; once in a while is enough."""
    with context.database.writing() as session:
        forgotten, fresh = new_job(session, now=now - 60).id, new_job(session, now=now).id
    sweep(context)
    advanced = [job_id for task, job_id, _ in queue.take() if task == ADVANCE]
    assert advanced == [forgotten]
    sweep(context)
    assert [job_id for task, job_id, _ in queue.take() if task == ADVANCE] == []
    assert _job(context, fresh).state == "queued"


def test_jobs_are_looked_at_again_however_many_messages_wait(
    context: Context, queue: RecordingQueue, now: float
) -> None:
    """The messages may all be of jobs that are over; but a busy planner is sent few more, the longest waiting first."""
    with context.database.writing() as session:
        ids = [new_job(session, now=now - 600 + number).id for number in range(30)]
    for advanced in (ids[:20], ids[20:]):
        queue.waiting = [(ADVANCE, "job_x", "control")] * 1000
        sweep(context)
        messages = [job_id for task, job_id, _ in queue.take() if task == ADVANCE]
        assert [job_id for job_id in messages if job_id != "job_x"] == advanced


def test_a_job_that_was_just_looked_at_is_left_alone(context: Context, queue: RecordingQueue, now: float) -> None:
    """Whoever looked needed no message of the sweep."""
    with context.database.writing() as session:
        jobs.note_look(new_job(session, now=now - 600), now - 1)
    sweep(context)
    assert [message for message in queue.take() if message[0] == ADVANCE] == []


def test_old_rows_are_looked_for_once_an_hour_and_at_once_while_there_are_more(
    context: Context, now: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches, so that no transaction is long."""
    monkeypatch.setattr(old_rows, "_MAX_AT_ONCE", 2)
    retention = context.settings.job_retention_days * SECONDS_PER_DAY

    def left() -> int:
        with context.database.reading() as session:
            return session.query(JobRow).count()

    def add(count: int) -> None:
        with context.database.writing() as session:
            for _ in range(count):
                jobs.succeed(session, running_job(session, now=now).id, None, now - retention - 1)

    add(3)
    sweep(context)
    assert left() == 1
    sweep(context)
    assert left() == 0
    add(1)
    sweep(context)
    assert left() == 1, "it was done less than an hour ago"
    with context.database.writing() as session:
        duties.note_done(session, duties.FORGET, now - 3700)
    sweep(context)
    assert left() == 0


def test_without_a_broker_the_sweep_still_puts_the_rows_right(
    context: Context, queue: RecordingQueue, now: float
) -> None:
    """Leases end and deadlines pass; what is lost stays marked as unpublished until the broker is back."""
    job_id = _training(context, now)
    with context.database.writing() as session:
        claim(session, trials.of_job(session, job_id)[0][1], now - 100)
    queue.is_away = True
    sweep(context)
    with context.database.reading() as session:
        assert {trial.state for _, trial in trials.of_job(session, job_id)} == {"queued"}
    queue.is_away = False
    sweep(context)
    assert _rings(queue) == 4


def test_a_job_that_is_not_done_by_its_deadline_fails_with_timeout(context: Context, now: float) -> None:
    """Its queued trials are dropped; one that is in time goes on."""
    with context.database.writing() as session:
        late = running_job(session, now=now)
        late.deadline_at = now - 1
        other = new_job(session, comparison(device="gpu"), now=now)
    sweep(context)
    job = _job(context, late.id)
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error["class"], job.error["retryable"]) == ("timeout", True)
    with context.database.reading() as session:
        assert {trial.state for _, trial in trials.of_job(session, late.id)} == {"cancelled"}
    assert _job(context, other.id).state == "queued"


def test_old_jobs_are_forgotten_with_all_that_belongs_to_them(context: Context, now: float) -> None:
    """Labels, events, trial slots and the report go; the trials stay, for other jobs to reuse."""
    retention = context.settings.job_retention_days * SECONDS_PER_DAY
    with context.database.writing() as session:
        old = running_job(session, comparison(labels={"a": "b"}), now=now)
        recent = running_job(session, comparison(device="gpu"), now=now)
        for _, trial in trials.of_job(session, old.id):
            succeed(session, trial, now=now)
        jobs.succeed(session, old.id, "jobs/old/report.json", now - retention - 1)
        jobs.succeed(session, recent.id, "jobs/recent/report.json", now - retention + 60)
    for name in ("old", "recent"):
        context.artifacts.write(f"jobs/{name}/report.json", b"{}")
    sweep(context)
    with context.database.reading() as session:
        assert [job.id for job in session.query(JobRow)] == [recent.id]
        assert session.query(JobLabelRow).count() == 0
        assert events.timeline(session, old.id) == []
        assert session.query(JobEventRow).count() > 0
        assert {link.job_id for link in session.query(JobTrialRow)} == {recent.id}
        assert session.query(TrialRow).count() == 4
    assert not context.artifacts.exists("jobs/old/report.json")
    assert context.artifacts.exists("jobs/recent/report.json")


def test_old_trials_are_forgotten_with_their_files_once_no_job_has_them(context: Context, now: float) -> None:
    """A young one stays, for other jobs to reuse; and so does an old one that a job still shows."""
    retention = context.settings.job_retention_days * SECONDS_PER_DAY
    with context.database.writing() as session:
        shown = running_job(session, now=now)
        kept = [trial.id for _, trial in trials.of_job(session, shown.id)]
        lonely, young = new_trial(session, seed=90, now=now), new_trial(session, seed=91, now=now)
        for trial in (*(row for _, row in trials.of_job(session, shown.id)), lonely):
            succeed(session, trial, now=now - retention - 1)
        succeed(session, young, now=now)
    for trial_id in (*kept, lonely.id, young.id):
        context.artifacts.write(predictions_name(trial_id), b"predictions")
    sweep(context)
    with context.database.reading() as session:
        assert {trial.id for trial in session.query(TrialRow)} == {*kept, young.id}
    assert not context.artifacts.exists(predictions_name(lonely.id))
    assert context.artifacts.exists(predictions_name(young.id))


def test_old_idempotency_keys_are_forgotten(context: Context, now: float) -> None:
    """After the hours that the settings say, and not before."""
    hours = context.settings.idempotency_hours * 3600
    with context.database.writing() as session:
        idempotency.reserve(session, DEFAULT_PROJECT, "old", Fingerprint("f"), now - hours - 1)
        idempotency.reserve(session, DEFAULT_PROJECT, "recent", Fingerprint("f"), now - hours + 60)
    sweep(context)
    with context.database.reading() as session:
        assert [row.key for row in session.query(IdempotencyRow)] == ["recent"]


def test_an_ingestion_that_keeps_losing_workers_fails_its_job(
    context: Context, queue: RecordingQueue, now: float
) -> None:
    """The dataset fails with worker_lost, and the job hears of it by the next sweep at the latest."""
    from tests.workers.units.carried import advance

    with context.database.writing() as session:
        job_id = new_job(session, now=now - 60).id
        dataset = session.get_one(DatasetRow, session.get_one(JobRow, job_id).dataset_id)
    for _ in range(context.settings.max_attempts):
        with context.database.writing() as session:
            assert leases.claim(session, leases.INGESTIONS, dataset.id, owner="w", now=now - 100, seconds=10)
        sweep(context)
    for task, unit_id, _ in queue.take():
        if task == ADVANCE:
            advance(context, unit_id)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["class"] == "worker_lost"
    with context.database.writing() as session:
        again = datasets.register(session, DEFAULT_PROJECT, dataset.reference, now)
    assert again.id != dataset.id, "the next job tries again"
