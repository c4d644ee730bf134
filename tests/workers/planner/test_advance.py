"""The planner: looks at what a job has and does what is due next."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import ComparisonRequest, TrainingRequest
from api_schemas.reports.report import Report
from store.files.names import model_name, predictions_name
from store.ids import DEFAULT_PROJECT
from store.queue import ADVANCE, doorbell
from store.rows import datasets, jobs, leases, trials
from store.rows.tables import DatasetRow, JobRow, TrialRow
from tests.store.databases import DIGITS, FACTS, NOW, claim, comparison, new_job, ready_dataset, running_job, succeed
from tests.workers.conftest import RecordingQueue
from tests.workers.planner.finished import end_probes, finish_trials, predictions_file, record_of
from tests.workers.units.carried import advance
from workers.context import Context
from workers.planner import advance as planner
from workers.planner import comparison as comparison_planner


def _submit(context: Context, request: ComparisonRequest | None = None, *, is_dataset_ready: bool = False) -> str:
    with context.database.writing() as session:
        if is_dataset_ready:
            ready_dataset(session)
        return new_job(session, request).id


@pytest.mark.parametrize(("project", "is_reused"), [(DEFAULT_PROJECT, True), ("vision", False)])
def test_a_job_takes_the_trials_of_its_own_project_alone(context: Context, project: str, is_reused: bool) -> None:
    """On the same images and under the same addresses: another project trains what the first has trained already."""
    first = _submit(context, is_dataset_ready=True)
    advance(context, first)
    finish_trials(context, first)
    with context.database.writing() as session:
        ready_dataset(session, project=project)
        second = new_job(session, project=project).id
    advance(context, second)
    with context.database.reading() as session:
        slots = {job_id: trials.of_job(session, job_id) for job_id in (first, second)}
        assert len(slots[first]) == 4
        assert {trial.key for _, trial in slots[first]} == {trial.key for _, trial in slots[second]}
        assert {link.reused for link, _ in slots[second]} == {is_reused}
        assert {trial.project_id for _, trial in slots[second]} == {project}


def _job(context: Context, job_id: str) -> JobRow:
    with context.database.reading() as session:
        return session.get_one(JobRow, job_id)


def test_a_job_goes_from_ingestion_over_trials_to_its_report(context: Context, queue: RecordingQueue) -> None:
    """One step a call: ingest, plan and publish every trial once, ask the baseline's models, report."""
    job_id = _submit(context)
    advance(context, job_id)
    job = _job(context, job_id)
    assert (job.state, job.phase, job.plan) == ("running", "ingesting", None)
    assert queue.take() == [doorbell("cpu")]

    with context.database.writing() as session:
        lease = leases.claim(session, leases.INGESTIONS, job.dataset_id, owner="w", now=NOW, seconds=10)
        assert lease is not None
        datasets.finish_ingestion(session, lease, "d" * 64, FACTS, NOW)
    advance(context, job_id)
    assert _job(context, job_id).phase == "training"
    assert queue.take() == [doorbell("cpu")] * 4

    finish_trials(context, job_id)
    advance(context, job_id)
    assert queue.take() == [doorbell("cpu")] * 2, "a probe for each of the baseline's models"
    end_probes(context, job_id)
    advance(context, job_id)
    job = _job(context, job_id)
    assert (job.state, job.phase, job.report_artifact) == ("succeeded", "done", f"jobs/{job_id}/report.json")
    assert queue.take() == [doorbell("cpu")], "for whoever makes the report"
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert (report.job_id, report.complete, report.candidates[0].verdict) == (job_id, True, "inconclusive")
    for form in ("report.html", "report.md"):
        assert b"flip" in context.artifacts.read(f"jobs/{job_id}/{form}")


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
    finish_trials(context, waiting)
    advance(context, waiting)
    advance(context, waiting)
    assert len(queue.take()) == 2
    end_probes(context, waiting)
    planner.advance(context, waiting)
    planner.advance(context, waiting)
    assert queue.take() == [doorbell("cpu")]
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
    finish_trials(context, first)
    queue.take()
    second = _submit(context)
    advance(context, second)
    end_probes(context, second)
    assert queue.take() == [doorbell("cpu")] * 2
    advance(context, second)
    assert (_job(context, second).state, queue.take()) == ("succeeded", [doorbell("cpu")])
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


@pytest.mark.parametrize(
    "asked",
    [{"evaluation": {"seeds": 2, "training_images": 99}}, {"training": {"class_weight": {"cat": 2.0}}}],
    ids=["split", "training"],
)
def test_what_the_dataset_does_not_allow_fails_the_job(
    context: Context, queue: RecordingQueue, asked: dict[str, Any]
) -> None:
    """When it could not be known at submission it is said now, as the user's mistake, and nothing is trained."""
    job_id = _submit(context, comparison(**asked))
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
    finish_trials(context, job_id)
    advance(context, job_id)
    end_probes(context, job_id)
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
    assert states == {"queued"}
    assert queue.take() == [doorbell("cpu")]


def test_probes_are_for_the_kind_of_worker_that_the_job_asks_for(context: Context, queue: RecordingQueue) -> None:
    """Not for the kind that another job had asked to train the shared baseline, of which there may be none."""
    other = _submit(context, comparison(device="gpu"), is_dataset_ready=True)
    advance(context, other)
    job_id = _submit(context, comparison(device="cpu"))
    finish_trials(context, other)
    queue.take()
    advance(context, job_id)
    assert queue.take() == [doorbell("cpu")] * 2


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
    finish_trials(context, job_id)
    advance(context, job_id)
    end_probes(context, job_id)
    with context.database.writing() as session:
        trial = trials.of_job(session, job_id)[0][1]
    context.artifacts.write(predictions_name(trial.id), b"no file of predictions")
    advance(context, job_id)
    job = _job(context, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error["class"], "the report failed" in job.error["message"]) == ("internal", True)


SEQUENTIAL = {"evaluation": {"seeds": {"min": 3, "max": 10}}}
"""Looked at after 3, 5 and 10 seeds."""
TWO = {"flip": {"horizontal_flip": True, "rescale": 1 / 255}, "turn": {"rotation_range": 9, "rescale": 1 / 255}}


def _seeds_by_arm(context: Context, job_id: str) -> dict[str, int]:
    with context.database.reading() as session:
        return Counter(link.arm for link, _ in trials.of_job(session, job_id))


def _go_on(context: Context, job_id: str, accuracy_of: Callable[[str, int], float]) -> None:
    """Train what is due, answer the probes, and look."""
    advance(context, job_id)
    finish_trials(context, job_id, accuracy_of)
    advance(context, job_id)
    end_probes(context, job_id)
    advance(context, job_id)


def _report(context: Context, job_id: str) -> Report:
    return Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))


def test_a_settled_candidate_gets_no_further_seeds(context: Context, queue: RecordingQueue) -> None:
    """The undecided one goes on beside the baseline, and the report shows the looks."""

    def accuracy_of(arm: str, seed: int) -> float:
        return {"baseline": 0.9, "flip": 0.0, "turn": 0.85 if seed % 2 else 0.95}[arm]

    job_id = _submit(context, comparison(TWO, **SEQUENTIAL), is_dataset_ready=True)
    _go_on(context, job_id, accuracy_of)
    assert (ADVANCE, job_id, "control") in queue.take(), "somebody must publish the second round"
    assert _seeds_by_arm(context, job_id) == {"baseline": 5, "flip": 3, "turn": 5}
    _go_on(context, job_id, accuracy_of)
    assert _seeds_by_arm(context, job_id) == {"baseline": 10, "flip": 3, "turn": 10}
    _go_on(context, job_id, accuracy_of)
    assert _job(context, job_id).state == "succeeded"
    report = _report(context, job_id)
    assert [(look.seeds, look.settled) for look in report.method.looks] == [(3, ["flip"]), (5, []), (10, [])]
    flip, turn = report.candidates
    assert (flip.verdict, turn.verdict) == ("hurts", "inconclusive")
    assert flip.difference is not None
    assert flip.difference.seeds == [0, 1, 2]
    assert turn.needed is not None


def test_a_comparison_whose_verdicts_are_settled_at_the_first_look_ends_there(context: Context) -> None:
    """The seeds that were not needed are not trained."""
    job_id = _submit(context, comparison(**SEQUENTIAL), is_dataset_ready=True)
    _go_on(context, job_id, lambda arm, _: 0.9 if arm == "baseline" else 0.1)
    assert _job(context, job_id).state == "succeeded"
    assert _seeds_by_arm(context, job_id) == {"baseline": 3, "flip": 3}


def test_a_planner_that_comes_while_the_report_is_made_does_not_say_that_it_trains(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that is repeated changes nothing of what goes on."""
    seen = []

    def repeat(*_: object) -> None:
        monkeypatch.undo()
        with context.database.reading() as session:
            seen.append(session.get_one(JobRow, job_id).phase)
        with context.database.writing() as session:
            step = comparison_planner.next_step(
                session, session.get_one(JobRow, job_id), _dataset_of(session, job_id), time.time()
            )
            assert step.is_to_be_concluded
            seen.append(session.get_one(JobRow, job_id).phase)
        raise RuntimeError("far enough")

    monkeypatch.setattr("workers.planner.conclusion.store_report", repeat)
    job_id = _submit(context, comparison(evaluation={"seeds": 2}), is_dataset_ready=True)
    _go_on(context, job_id, lambda *_: 0.5)
    assert seen == ["reporting", "reporting"]


def _dataset_of(session: Session, job_id: str) -> DatasetRow:
    return session.get_one(DatasetRow, session.get_one(JobRow, job_id).dataset_id)


def test_a_recommendation_is_put_to_the_test_on_fresh_seeds(context: Context) -> None:
    """No seed of the comparison is used again; the report says what came of it."""
    job_id = _submit(context, comparison(TWO, evaluation={"seeds": 3}, recommend=True), is_dataset_ready=True)

    def accuracy_of(arm: str, _seed: int) -> float:
        return {"baseline": 0.5, "flip": 0.4, "turn": 0.95}.get(arm, 1.0)

    _go_on(context, job_id, accuracy_of)
    job = _job(context, job_id)
    assert (job.state, job.phase) == ("running", "confirming")
    assert job.plan is not None
    assert job.plan["recommendation"]["starts_from"] == "turn"
    advance(context, job_id)
    assert _job(context, job_id).phase == "confirming"
    with context.database.reading() as session:
        fresh = {link.seed for link, _ in trials.of_job(session, job_id)} - {0, 1, 2}
    assert len(fresh) == 5
    _go_on(context, job_id, accuracy_of)
    assert _job(context, job_id).state == "succeeded"
    recommendation = _report(context, job_id).recommendation
    assert recommendation is not None
    assert recommendation.seeds == sorted(fresh)
    assert recommendation.against_baseline is not None
    assert recommendation.verdict == "helps"


def test_a_stopped_job_reports_on_what_is_done(context: Context, queue: RecordingQueue) -> None:
    """What waits is dropped at once; the report says that it was stopped, and what the finished seeds say."""
    job_id = _submit(context, comparison(evaluation={"seeds": 5}), is_dataset_ready=True)
    advance(context, job_id)
    with context.database.writing() as session:
        slots = trials.of_job(session, job_id)
        waiting = [trial.id for link, trial in slots if link.seed >= 3]
        session.execute(update(TrialRow).where(TrialRow.id.in_(waiting)).values(queue="somewhere"))
    _finish_some(context, job_id, {0, 1, 2})
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        assert job is not None
        assert jobs.stop(session, job, NOW) is None
    advance(context, job_id)
    assert _job(context, job_id).state == "succeeded"
    report = _report(context, job_id)
    assert (report.stopped, report.complete) == (True, False)
    assert report.candidates[0].difference is not None
    assert report.candidates[0].difference.seeds == [0, 1, 2]
    assert report.arms[0].failed_trials == []


def _finish_some(context: Context, job_id: str, seeds: set[int]) -> None:
    with context.database.writing() as session:
        for link, trial in trials.of_job(session, job_id):
            if link.seed in seeds:
                record = record_of(0.9 if link.arm == "baseline" else 0.3, link.seed)
                context.artifacts.write(predictions_name(trial.id), predictions_file(record))
                succeed(session, trial, record.accuracy)


def test_a_stopping_job_waits_for_its_running_trial_to_end_and_no_longer(context: Context) -> None:
    """The worker is asked to stop; when it has, the report is made."""
    job_id = _submit(context, is_dataset_ready=True)
    advance(context, job_id)
    with context.database.writing() as session:
        lease = claim(session, trials.of_job(session, job_id)[0][1])
        job = jobs.locked(session, job_id)
        assert job is not None
        jobs.stop(session, job, NOW)
    advance(context, job_id)
    assert _job(context, job_id).state == "running"
    with context.database.writing() as session:
        leases.finish(session, lease, "cancelled", now=NOW)
    advance(context, job_id)
    assert _job(context, job_id).state == "succeeded"
    assert _report(context, job_id).candidates[0].verdict == "inconclusive"


def test_what_cannot_be_stopped_says_why(context: Context) -> None:
    """A job that has not begun to train is to be cancelled instead, and one that is over is over."""
    job_id = _submit(context)
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        assert job is not None
        assert "cancel it instead" in (jobs.stop(session, job, NOW) or "")
        jobs.cancel(session, job, NOW)
        assert "nothing to stop" in (jobs.stop(session, job, NOW) or "")


def test_a_training_job_ends_with_a_report_and_its_models(context: Context, queue: RecordingQueue) -> None:
    """One arm on its seeds; every model can be downloaded."""
    request = TrainingRequest.model_validate(
        {"kind": "training", "dataset": DIGITS, "spec": {"rescale": 1 / 255}, "evaluation": {"seeds": 2}}
    )
    with context.database.writing() as session:
        dataset = ready_dataset(session)
        job_id = jobs.create(session, request, dataset, NOW, NOW + 3600).id
    advance(context, job_id)
    assert queue.take() == [doorbell("cpu")] * 2
    finish_trials(context, job_id)
    with context.database.reading() as session:
        for _, trial in trials.of_job(session, job_id):
            assert trial.definition["keep_model"] is True
            context.artifacts.write(model_name(trial.id), b"a model")
    advance(context, job_id)
    job = _job(context, job_id)
    assert job.state == "succeeded"
    assert job.artifacts is not None
    assert sorted(job.artifacts) == ["model-seed-0.keras", "model-seed-1.keras"]
    assert context.artifacts.read(f"jobs/{job_id}/model-seed-1.keras") == b"a model"
    report = _report(context, job_id)
    assert (report.kind, report.candidates, report.arms[0].mean_validation_accuracy) == ("training", [], 0.9)
