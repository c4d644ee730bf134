"""Models under conditions, from the request to the report, with real TensorFlow and real datasets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from api_schemas.chunks import ChunkRole, ChunkState
from api_schemas.failures import Failure
from api_schemas.reports.report import Report
from augury.conditions.answers import from_npz
from store.ids import DEFAULT_PROJECT
from store.queue import ADVANCE, WORK
from store.rows import chunks, datasets, jobs, trials
from store.rows.tables import ChunkRow, DatasetRow, JobRow
from tests.store.databases import comparison, new_job
from tests.workers.conftest import RecordingQueue
from tests.workers.units.carried import advance, run_chunk
from workers.context import Context
from workers.planner.evidence_reader import read_results
from workers.units.next_unit import work

pytestmark = pytest.mark.usefixtures("warm")

SMALL = {"model": {"name": "linear"}, "training": {"epochs": 2}}


def _submit(context: Context, *conditions: Any, **changes: Any) -> str:
    evaluation = {"seeds": 2, "training_images": 60, "conditions": list(conditions)}
    with context.database.writing() as session:
        return new_job(session, comparison(evaluation=evaluation, **SMALL, **changes)).id


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
        return list(chunks.of_role(session, job_id, ChunkRole.CONDITION))


def test_a_comparison_is_judged_under_its_conditions(context: Context, queue: RecordingQueue) -> None:
    """A chunk for every model of the baseline and the candidate, answers in the artifacts, verdicts in the report."""
    job_id = _submit(context, "dimmed", {"name": "rotated", "strengths": [2, 4]})
    _work_off(context, queue, job_id)
    report = _report(context, job_id)
    assert report.complete
    assert report.conditions is not None
    assert (report.conditions.models, report.conditions.models_failed) == (4, 0)
    (candidate,) = report.conditions.candidates
    assert [(each.condition, [at.strength for at in each.strengths]) for each in candidate.effects] == [
        ("dimmed", [1, 2, 3, 4, 5]),
        ("rotated", [2, 4]),
    ]
    assert all(each.difference and each.difference.seeds == [0, 1] for each in candidate.effects)
    rows = _chunks(context, job_id)
    assert [(row.number, row.state, row.done) for row in rows] == [
        (number, ChunkState.SUCCEEDED, 360 * 7) for number in range(4)
    ]
    answers = from_npz(context.artifacts.read(f"jobs/{job_id}/conditions/0.npz"))
    assert answers["dimmed"].predicted.shape == (5, 360)


def test_both_arms_of_a_seed_see_the_same_images_and_a_chunk_done_again_gives_the_same(
    context: Context, queue: RecordingQueue
) -> None:
    """So pairs are pairs, and a worker that is lost on a chunk leaves no trace."""
    job_id = _submit(context, "noisy")
    _work_off(context, queue, job_id)
    baseline, candidate = (context.artifacts.read(f"jobs/{job_id}/conditions/{number}.npz") for number in (0, 1))
    np.testing.assert_array_equal(from_npz(baseline)["noisy"].indices, from_npz(candidate)["noisy"].indices)
    again = _submit(context, "noisy")
    _work_off(context, queue, again)
    assert _report(context, again).cost.trials_reused == 4
    repeated = from_npz(context.artifacts.read(f"jobs/{again}/conditions/1.npz"))["noisy"]
    np.testing.assert_array_equal(repeated.predicted, from_npz(candidate)["noisy"].predicted)


def test_another_dataset_of_the_same_classes_is_a_condition(context: Context, queue: RecordingQueue) -> None:
    """All of its images are shown as they are. (Whether it is another is looked at when a job is submitted.)"""
    with context.database.writing() as session:
        other = datasets.register(session, DEFAULT_PROJECT, {"kind": "builtin", "name": "digits"}, 0.0).id
    job_id = _submit(context, {"dataset": other})
    _work_off(context, queue, job_id)
    report = _report(context, job_id)
    assert report.conditions is not None
    assert report.conditions.shown == {other: 1797}
    (effect,) = report.conditions.candidates[0].effects
    assert (effect.strengths, effect.difference is not None) == ([], True)


def test_a_dataset_that_is_gone_fails_its_chunks_and_not_the_comparison(
    context: Context, queue: RecordingQueue
) -> None:
    """The report has the verdicts, and says how many models could not be judged."""
    gone = "ds_" + 32 * "0"
    job_id = _submit(context, {"dataset": gone})
    _work_off(context, queue, job_id)
    report = _report(context, job_id)
    assert report.complete
    assert report.conditions is not None
    assert (report.conditions.models, report.conditions.models_failed) == (0, 4)
    failure = Failure.model_validate(_chunks(context, job_id)[0].error)
    assert failure.failure_class == "user_input"
    assert f"dataset {gone}, on which the models were to be judged, was deleted" in failure.message


def test_a_job_that_is_cancelled_has_its_chunks_dropped(context: Context, queue: RecordingQueue) -> None:
    """Those that wait end at once."""
    job_id = _submit(context, "dimmed")
    advance(context, job_id)
    while not _chunks(context, job_id):
        for task, unit_id, _ in queue.take():
            {WORK: work, ADVANCE: advance}[task](context, unit_id)
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        assert job is not None
        jobs.cancel(session, job, 1.0)
    assert {row.state for row in _chunks(context, job_id)} <= {ChunkState.CANCELLED, ChunkState.SUCCEEDED}
    for row in _chunks(context, job_id):
        run_chunk(context, row.id)
    with context.database.reading() as session:
        assert session.get_one(JobRow, job_id).state == "cancelled"


def test_answers_of_a_model_that_was_trained_anew_do_not_count(context: Context, queue: RecordingQueue) -> None:
    """They are of another trial than the one that the job has now."""
    job_id = _submit(context, "dimmed")
    _work_off(context, queue, job_id)
    with context.database.writing() as session:
        for row in chunks.of_role(session, job_id, ChunkRole.CONDITION)[:1]:
            row.result = {"trial": "trial_of_before", "images": 1}
    results = read_results(context, job_id)
    assert results.conditions is not None
    assert sorted(results.conditions.answers) == [("baseline", 1), ("flip", 0), ("flip", 1)]


def test_models_are_stored_for_the_trials_that_are_judged(context: Context, queue: RecordingQueue) -> None:
    """The candidate's, too, which is not kept otherwise."""
    job_id = _submit(context, "dimmed")
    _work_off(context, queue, job_id)
    with context.database.reading() as session:
        slots = trials.of_job(session, job_id)
        assert session.get_one(DatasetRow, session.get_one(JobRow, job_id).dataset_id).state == "ready"
    assert {link.arm for link, _ in slots} == {"baseline", "flip"}
    assert all(context.artifacts.exists(f"trials/{trial.id}/model.keras") for _, trial in slots)
