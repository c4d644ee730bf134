"""The planner: looks at what a job has and does what is due next."""

from __future__ import annotations

import pytest

from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import ComparisonRequest
from api_schemas.reports import Report
from store import datasets, jobs, leases, trials
from store.queue import INGEST, RUN_TRIAL
from store.tables import DatasetRow, JobRow
from tests.store.rows import FACTS, NOW, claim, comparison, new_job, ready_dataset, running_job, succeed
from tests.workers.conftest import RecordingQueue
from workers.context import Context
from workers.planner import advance


def _submit(context: Context, request: ComparisonRequest | None = None, *, is_dataset_ready: bool = False) -> str:
    with context.database.writing() as session:
        if is_dataset_ready:
            ready_dataset(session)
        return new_job(session, request).id


def _job(context: Context, job_id: str) -> JobRow:
    with context.database.reading() as session:
        return session.get_one(JobRow, job_id)


def _finish_all(context: Context, job_id: str, accuracy: float = 0.9) -> None:
    with context.database.writing() as session:
        for _, trial in trials.of_job(session, job_id):
            if trial.state == "queued":
                succeed(session, trial, accuracy)


def test_a_job_goes_from_ingestion_over_trials_to_its_report(context: Context, queue: RecordingQueue) -> None:
    """One step a call: ingest, plan and publish every trial once, report."""
    job_id = _submit(context)
    advance(context, job_id)
    job = _job(context, job_id)
    assert (job.state, job.phase, job.plan) == ("running", "ingesting", None)
    assert queue.take() == [(INGEST, job.dataset_id, "cpu")]

    with context.database.writing() as session:
        lease = leases.claim(session, leases.INGESTIONS, job.dataset_id, owner="w", now=NOW, seconds=10)
        assert lease is not None
        datasets.finish_ingestion(session, lease, "d" * 64, FACTS, NOW)
    advance(context, job_id)
    assert _job(context, job_id).phase == "training"
    published = queue.take()
    assert [task for task, _, _ in published] == [RUN_TRIAL] * 4
    with context.database.reading() as session:
        places = {trial.id: (link.seed, link.arm) for link, trial in trials.of_job(session, job_id)}
    assert {trial_id for _, trial_id, _ in published} == set(places)

    _finish_all(context, job_id)
    advance(context, job_id)
    job = _job(context, job_id)
    assert (job.state, job.phase, job.report_artifact) == ("succeeded", "done", f"jobs/{job_id}/report.json")
    assert queue.take() == []
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert (report.job_id, report.complete, report.candidates[0].verdict) == (job_id, True, "equivalent")


def test_trials_are_published_seed_by_seed(
    context: Context, queue: RecordingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that early results are paired ones; also when they are made within one millisecond, as ids tell no less."""
    monkeypatch.setattr("store.ids.time.time_ns", lambda: int(NOW * 1e9))
    job_id = _submit(context, comparison(evaluation={"seeds": 6}), is_dataset_ready=True)
    advance(context, job_id)
    with context.database.reading() as session:
        seeds = {trial.id: link.seed for link, trial in trials.of_job(session, job_id)}
    order = [seeds[trial_id] for _, trial_id, _ in queue.take()]
    assert order == sorted(order)


def test_calling_it_twice_publishes_nothing_twice(context: Context, queue: RecordingQueue) -> None:
    """In every phase: repeated messages are harmless."""
    waiting = _submit(context)
    advance(context, waiting)
    assert len(queue.take()) == 1
    advance(context, waiting)
    assert queue.take() == []
    with context.database.writing() as session:
        ready_dataset(session)
    advance(context, waiting)
    assert len(queue.take()) == 4
    advance(context, waiting)
    assert queue.take() == []
    _finish_all(context, waiting)
    advance(context, waiting)
    advance(context, waiting)
    assert queue.take() == []
    assert [entry for entry in _timeline(context, waiting) if entry == "succeeded"] == ["succeeded"]


def _timeline(context: Context, job_id: str) -> list[str]:
    with context.database.reading() as session:
        return [entry.type for entry in jobs.events.timeline(session, job_id)]


def test_a_second_job_publishes_only_what_is_not_there_yet(context: Context, queue: RecordingQueue) -> None:
    """The baseline is shared, and so is the ingestion."""
    first = _submit(context)
    second = _submit(context, comparison({"turn": {"rotation_range": 9, "rescale": 1 / 255}}))
    advance(context, first)
    advance(context, second)
    assert len(queue.take()) == 1, "one ingestion for both"
    with context.database.writing() as session:
        ready_dataset(session)
    advance(context, first)
    advance(context, second)
    assert len(queue.take()) == 4 + 2


def test_a_job_whose_trials_are_all_there_goes_straight_to_its_report(context: Context, queue: RecordingQueue) -> None:
    """A repeated request trains nothing, and its report says so."""
    first = _submit(context, is_dataset_ready=True)
    advance(context, first)
    _finish_all(context, first)
    queue.take()
    second = _submit(context)
    advance(context, second)
    assert (_job(context, second).state, queue.take()) == ("succeeded", [])
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{second}/report.json"))
    assert (report.cost.trials_reused, report.cost.training_seconds) == (4, 0)


def test_a_gpu_job_is_published_to_the_gpu_workers(context: Context, queue: RecordingQueue) -> None:
    """The device of the request is the queue of its trials."""
    job_id = _submit(context, comparison(device="gpu"), is_dataset_ready=True)
    advance(context, job_id)
    assert {name for _, _, name in queue.take()} == {"gpu"}


def test_a_dataset_that_cannot_be_ingested_fails_the_job_with_its_error(
    context: Context, queue: RecordingQueue
) -> None:
    """The client sees what is wrong with the dataset."""
    job_id = _submit(context)
    error = Failure.of(FailureClass.DATASET, "no image can be read")
    with context.database.writing() as session:
        dataset_id = session.get_one(JobRow, job_id).dataset_id
        lease = leases.claim(session, leases.INGESTIONS, dataset_id, owner="w", now=NOW, seconds=10)
        assert lease is not None
        datasets.fail_ingestion(session, lease, error, NOW)
    advance(context, job_id)
    job = _job(context, job_id)
    assert (job.state, job.error, queue.take()) == ("failed", error.model_dump(mode="json"), [])


def test_a_split_that_the_dataset_does_not_allow_fails_the_job(context: Context, queue: RecordingQueue) -> None:
    """When it could not be known at submission it is said now, as the user's mistake, and nothing is trained."""
    job_id = _submit(context, comparison(evaluation={"seeds": 2, "training_images": 99}))
    with context.database.writing() as session:
        ready_dataset(session)
    advance(context, job_id)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["class"] == "user_input"
    assert queue.take() == []


def test_a_job_with_a_failed_trial_fails_with_a_report_on_the_others(context: Context) -> None:
    """What was measured is not thrown away."""
    with context.database.writing() as session:
        job_id = running_job(session).id
        _, failed = trials.of_job(session, job_id)[-1]
        trials.fail(session, claim(session, failed), Failure.of(FailureClass.OUT_OF_MEMORY, "too big"), NOW)
    _finish_all(context, job_id)
    advance(context, job_id)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["class"] == "out_of_memory"
    assert "1 of 4 trials" in job.error["message"]
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert (report.complete, report.candidates[0].difference) == (False, None)


def test_a_trial_that_another_jobs_cancel_took_away_is_made_anew(context: Context, queue: RecordingQueue) -> None:
    """The job that still needs it has it published again."""
    with context.database.writing() as session:
        first = running_job(session)
        shared = trials.of_job(session, first.id)[0][1]
        lease = claim(session, shared)
        jobs.cancel(session, first, NOW)
        second_id = new_job(session).id
    advance(context, second_id)
    with context.database.writing() as session:
        leases.finish(session, lease, "cancelled", now=NOW)
    queue.take()
    advance(context, second_id)
    with context.database.reading() as session:
        states = {trial.state for _, trial in trials.of_job(session, second_id)}
        adopted = trials.of_job(session, second_id)[0][1]
    assert states == {"queued"}
    assert queue.take() == [(RUN_TRIAL, adopted.id, "cpu")]


def test_a_cancelling_job_is_cancelled_when_nothing_runs_any_more(context: Context, queue: RecordingQueue) -> None:
    """Not before, and nothing is published for it."""
    with context.database.writing() as session:
        job = running_job(session)
        lease = claim(session, trials.of_job(session, job.id)[0][1])
        jobs.cancel(session, job, NOW)
    advance(context, job.id)
    assert _job(context, job.id).state == "cancelling"
    with context.database.writing() as session:
        leases.finish(session, lease, "cancelled", now=NOW)
    advance(context, job.id)
    assert (_job(context, job.id).state, queue.take()) == ("cancelled", [])


@pytest.mark.parametrize("job_id", ["job_none", ""])
def test_a_message_for_a_job_that_is_gone_is_ignored(job_id: str, context: Context, queue: RecordingQueue) -> None:
    """Retention may have been faster."""
    advance(context, job_id)
    assert queue.take() == []


def test_a_report_that_cannot_be_made_fails_the_job(context: Context) -> None:
    """A job must not wait for ever; the client is told, without a traceback."""
    with context.database.writing() as session:
        job_id = running_job(session).id
    _finish_all(context, job_id)
    with context.database.writing() as session:
        dataset = session.get_one(DatasetRow, session.get_one(JobRow, job_id).dataset_id)
        dataset.facts = {"classes": FACTS.classes}
    advance(context, job_id)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error["class"], "the report failed" in job.error["message"]) == ("internal", True)
