"""The last score on another dataset, from the request to the report, with real TensorFlow and real datasets."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.chunks import ChunkRole, ChunkState
from api_schemas.failures import Failure
from api_schemas.jobs import ComparisonRequest, TrainingRequest
from api_schemas.plans import Plan
from api_schemas.reports.report import Report
from augury.planning.final_scores import slot_of
from store.ids import DEFAULT_PROJECT
from store.queue import ADVANCE, WORK
from store.rows import chunks, datasets, jobs, trials
from store.rows.tables import ChunkRow, JobRow
from tests.store.databases import DIGITS, comparison, new_job
from tests.workers.conftest import RecordingQueue
from tests.workers.units.carried import advance
from workers.context import Context
from workers.units.next_unit import work

pytestmark = pytest.mark.usefixtures("warm")

SMALL = {"model": {"name": "linear"}, "training": {"epochs": 2}}
GONE = "ds_" + 32 * "0"
TURNED = {"flip": {"horizontal_flip": True, "rescale": 1 / 255}, "turn": {"rotation_range": 9, "rescale": 1 / 255}}


def _other(context: Context) -> str:
    """The digits once more. (Whether it is another dataset is looked at when a job is submitted.)"""
    with context.database.writing() as session:
        return datasets.register(session, DEFAULT_PROJECT, DIGITS, 0.0).id


def _request(dataset: str, **changes: Any) -> ComparisonRequest:
    evaluation = {"seeds": 2, "training_images": 60, "test": {"dataset": dataset}}
    return comparison(TURNED, evaluation=evaluation, **SMALL, **changes)


def _work_off(context: Context, queue: RecordingQueue, job_id: str) -> None:
    """Do what the messages say until there are none."""
    advance(context, job_id)
    while queue.waiting:
        for task, unit_id, _ in queue.take():
            {WORK: work, ADVANCE: advance}[task](context, unit_id)


def _report(context: Context, job_id: str) -> Report:
    return Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))


def _chunks(context: Context, job_id: str) -> list[ChunkRow]:
    with context.database.reading() as session:
        return list(chunks.of_role(session, job_id, ChunkRole.SCORE))


def test_baseline_and_best_candidate_score_another_dataset_once_at_the_end(
    context: Context, queue: RecordingQueue
) -> None:
    """Two models each and none of the other candidate's, on all of its images; the page and Markdown say it, too."""
    other = _other(context)
    with context.database.writing() as session:
        job_id = new_job(session, _request(other)).id
    _work_off(context, queue, job_id)
    report = _report(context, job_id)
    assert report.complete
    scores = report.final_scores
    assert scores is not None
    assert (scores.split, scores.dataset, scores.images, scores.models_failed) == (None, other, 1797, 0)
    assert [each.stands_for for each in scores.arms] == ["baseline", "best"]
    assert scores.arms[1].difference is not None
    assert scores.arms[1].difference.seeds == [0, 1]
    assert {"accuracy", "log_loss", "roc_auc"} <= scores.arms[0].metrics.keys()
    assert scores.sentence.startswith("On the 1,797 images of dataset ds_")
    rows = _chunks(context, job_id)
    with context.database.reading() as session:
        plan = Plan.model_validate(session.get_one(JobRow, job_id).plan)
    best = scores.arms[1].arm
    assert {slot_of(plan, row.number) for row in rows} == {(arm, seed) for arm in ("baseline", best) for seed in (0, 1)}
    assert all((row.state, row.done) == (ChunkState.SUCCEEDED, 1797) for row in rows)
    for form in ("md", "html"):
        assert "On the images of another dataset" in context.artifacts.read(f"jobs/{job_id}/report.{form}").decode()


def test_nothing_is_trained_again_to_score_what_was_trained(context: Context, queue: RecordingQueue) -> None:
    """The baseline's trials are those of a job that scores nothing; candidates keep their models for it."""
    other = _other(context)
    with context.database.writing() as session:
        plain = new_job(session, comparison(TURNED, evaluation={"seeds": 2, "training_images": 60}, **SMALL)).id
    _work_off(context, queue, plain)
    with context.database.writing() as session:
        job_id = new_job(session, _request(other)).id
    _work_off(context, queue, job_id)
    with context.database.reading() as session:
        reused = {(link.arm, link.reused) for link, _ in trials.of_job(session, job_id)}
    assert reused == {("baseline", True), ("flip", False), ("turn", False)}


def test_a_dataset_that_is_gone_fails_its_chunks_and_not_the_job(context: Context, queue: RecordingQueue) -> None:
    """The report has the verdicts, and says that nothing could be scored."""
    with context.database.writing() as session:
        job_id = new_job(session, _request(GONE)).id
    _work_off(context, queue, job_id)
    report = _report(context, job_id)
    assert report.complete
    assert report.final_scores is not None
    assert (report.final_scores.arms, report.final_scores.models_failed) == ([], 4)
    assert report.final_scores.sentence.startswith("None of 4 models could score")
    failure = Failure.model_validate(_chunks(context, job_id)[0].error)
    assert f"dataset {GONE}, on which the models were to be judged, was deleted" in failure.message


def test_a_job_that_is_stopped_is_reported_on_without_the_score(context: Context, queue: RecordingQueue) -> None:
    """As whoever stops a job waits for nothing more."""
    other = _other(context)
    with context.database.writing() as session:
        job_id = new_job(session, _request(other)).id
    advance(context, job_id)
    while not _chunks(context, job_id):
        for task, unit_id, _ in queue.take():
            {WORK: work, ADVANCE: advance}[task](context, unit_id)
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        assert job is not None
        assert jobs.stop(session, job, 1.0) is None
    _work_off(context, queue, job_id)
    report = _report(context, job_id)
    assert report.stopped
    assert report.candidates[0].difference is not None
    assert {row.state for row in _chunks(context, job_id)} == {ChunkState.CANCELLED}


def test_the_models_of_a_training_score_another_dataset(context: Context, queue: RecordingQueue) -> None:
    """Of its one arm, without a difference."""
    other = _other(context)
    request = TrainingRequest.model_validate(
        {
            "kind": "training",
            "dataset": DIGITS,
            "spec": {"rotation_range": 9, "rescale": 1 / 255},
            "evaluation": {"seeds": 2, "training_images": 60, "test": {"dataset": other}},
            **SMALL,
        }
    )
    with context.database.writing() as session:
        job_id = new_job(session, request).id
    _work_off(context, queue, job_id)
    scores = _report(context, job_id).final_scores
    assert scores is not None
    (trained,) = scores.arms
    assert (scores.dataset, trained.stands_for, trained.difference) == (other, "trained", None)
    assert trained.metrics["accuracy"].seeds == [0, 1]
