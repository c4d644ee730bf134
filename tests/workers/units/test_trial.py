"""A comparison from its request to its report, and a cancel in between, with real TensorFlow."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from api_schemas.reports.report import Report
from store.queue import ADVANCE, WORK
from store.rows import jobs, trials
from store.rows.tables import JobRow
from tests.store.databases import comparison, new_job
from tests.workers.conftest import RecordingQueue
from tests.workers.units.carried import advance
from workers.context import Context
from workers.units.next_unit import work

pytestmark = pytest.mark.usefixtures("warm")


def work_off(context: Context, queue: RecordingQueue, job_id: str) -> None:
    """Do what the messages say until there are none."""
    advance(context, job_id)
    while queue.waiting:
        for task, unit_id, _ in queue.take():
            {WORK: work, ADVANCE: advance}[task](context, unit_id)


def test_a_comparison_runs_from_its_request_to_its_report(context: Context, queue: RecordingQueue) -> None:
    """Every message handled once; the second of two equal jobs trains nothing."""
    request = comparison(model={"name": "linear"}, evaluation={"seeds": 2, "training_images": 60})
    with context.database.writing() as session:
        job_id, repeated = new_job(session, request).id, new_job(session, request).id
    work_off(context, queue, job_id)
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert report.complete
    assert [len(arm.per_seed) for arm in report.arms] == [2, 2]
    work_off(context, queue, repeated)
    again = Report.model_validate_json(context.artifacts.read(f"jobs/{repeated}/report.json"))
    assert again.cost.trials_reused == again.cost.trials
    assert [candidate.difference for candidate in again.candidates] == [
        candidate.difference for candidate in report.candidates
    ]
    with context.database.reading() as session:
        assert session.get_one(JobRow, repeated).state == "succeeded"
        places = trials.of_job(session, job_id)
    for link, trial in places:
        assert trial.result is not None
        predictions = np.load(io.BytesIO(context.artifacts.read(f"trials/{trial.id}/predictions.npz")))
        right = predictions["predicted"] == predictions["labels"]
        assert right.mean() == pytest.approx(trial.result["validation_accuracy"])
        assert context.artifacts.exists(f"trials/{trial.id}/model.keras") == (link.arm == "baseline")


@pytest.fixture
def cancelling_when_running(context: Context) -> Iterator[list[str]]:
    """A client that cancels the job whose id it is given as soon as one of its trials runs."""
    requested: list[str] = []

    def cancel_soon() -> None:
        give_up_at = time.monotonic() + 120
        while time.monotonic() < give_up_at:
            with context.database.writing() as session:
                for job_id in requested:
                    if any(trial.state == "running" for _, trial in trials.of_job(session, job_id)):
                        job = jobs.locked(session, job_id)
                        assert job is not None
                        jobs.cancel(session, job, time.time())
                        return
            time.sleep(0.05)

    thread = threading.Thread(target=cancel_soon)
    thread.start()
    yield requested
    thread.join()


def test_a_running_trial_stops_soon_after_its_job_is_cancelled(
    context: Context, queue: RecordingQueue, cancelling_when_running: list[str]
) -> None:
    """Long before its thousand epochs are over; trial and job are cancelled, and nothing is published any more."""
    request = comparison(training={"epochs": 1000}, evaluation={"seeds": 2, "training_images": 1000})
    with context.database.writing() as session:
        job_id = new_job(session, request).id
    cancelling_when_running.append(job_id)
    work_off(context, queue, job_id)
    with context.database.reading() as session:
        assert session.get_one(JobRow, job_id).state == "cancelled"
        of_job = [trial for _, trial in trials.of_job(session, job_id)]
        assert {trial.state for trial in of_job} == {"cancelled"}
        assert max(trial.epoch for trial in of_job) < 900
    assert queue.take() == []
