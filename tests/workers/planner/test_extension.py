"""A finished comparison that goes on to more seeds, and a new one that asks what an earlier report has shown."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from api_schemas.reports.report import Report
from augury.planning.comparison import plan_comparison
from store.ids import DEFAULT_PROJECT
from store.rows import jobs, trials
from store.rows.plans import with_reuse_and_estimate
from store.rows.tables import DatasetRow
from tests.store.databases import NOW, comparison, new_job, ready_dataset
from tests.workers.conftest import RecordingQueue
from tests.workers.planner.finished import end_probes, finish_trials
from tests.workers.units.carried import advance
from workers.context import Context

TWO = {"flip": {"horizontal_flip": True, "rescale": 1 / 255}, "turn": {"rotation_range": 9, "rescale": 1 / 255}}


def _accuracy(arm: str, seed: int) -> float:
    """The flip is settled at once, the turn never."""
    return {"baseline": 0.9, "flip": 0.0, "turn": 0.85 if seed % 2 else 0.95}.get(arm, 0.9)


def _submit(context: Context, specs: dict[str, Any] | None = None, **changes: Any) -> str:
    with context.database.writing() as session:
        ready_dataset(session)
        return new_job(session, comparison(specs, **{"evaluation": {"seeds": 5}, **changes})).id


def _go_on(context: Context, job_id: str) -> None:
    """Train what is due, answer the probes, and look."""
    advance(context, job_id)
    finish_trials(context, job_id, _accuracy)
    advance(context, job_id)
    end_probes(context, job_id)
    advance(context, job_id)


def _extend(context: Context, job_id: str, seeds: int) -> None:
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        assert job is not None
        assert jobs.extend(session, job, seeds, NOW, NOW + 3600)


def _seeds_by_arm(context: Context, job_id: str) -> dict[str, int]:
    with context.database.reading() as session:
        return Counter(link.arm for link, _ in trials.of_job(session, job_id))


def _report(context: Context, job_id: str) -> Report:
    return Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))


def _state(context: Context, job_id: str) -> str:
    with context.database.reading() as session:
        job = jobs.find(session, DEFAULT_PROJECT, job_id)
        assert job is not None
        return job.state


def _confidence(report: Report, candidate: int = 0) -> float:
    difference = report.candidates[candidate].difference
    assert difference is not None
    return difference.confidence


def test_an_extended_comparison_trains_the_undecided_further_and_pays_for_the_look(context: Context) -> None:
    """The settled one keeps its seeds and its interval; each extension spends half of what the reserve has left."""
    job_id = _submit(context, TWO)
    _go_on(context, job_id)
    first = _report(context, job_id)
    assert [(look.seeds, look.is_extension) for look in first.method.looks] == [(5, False)]
    assert _confidence(first, 1) == pytest.approx(1 - 0.05 * 0.9 / 2)
    _extend(context, job_id, 8)
    _go_on(context, job_id)
    assert _state(context, job_id) == "succeeded"
    assert _seeds_by_arm(context, job_id) == {"baseline": 8, "flip": 5, "turn": 8}
    second = _report(context, job_id)
    assert [(look.seeds, look.is_extension) for look in second.method.looks] == [(5, False), (8, True)]
    assert second.candidates[0].difference == first.candidates[0].difference
    assert _confidence(second, 1) == pytest.approx(1 - 0.05 * 0.05 / 2)
    _extend(context, job_id, 9)
    _go_on(context, job_id)
    _go_on(context, job_id)
    assert _confidence(_report(context, job_id), 1) == pytest.approx(1 - 0.05 * 0.025 / 2)


def test_a_comparison_goes_on_after_its_recommendation_was_confirmed(context: Context) -> None:
    """The confirmation stands, and is not made again."""
    job_id = _submit(context, TWO, evaluation={"seeds": 3}, recommend=True)
    for _ in range(2):
        _go_on(context, job_id)
    before = _report(context, job_id)
    assert before.recommendation is not None
    _extend(context, job_id, 6)
    for _ in range(2):
        _go_on(context, job_id)
    after = _report(context, job_id)
    assert _state(context, job_id) == "succeeded"
    assert [look.seeds for look in after.method.looks] == [3, 6]
    assert after.recommendation is not None
    assert after.recommendation == before.recommendation


def test_a_new_job_on_more_seeds_of_a_question_pays_for_the_look_that_was_taken(context: Context) -> None:
    """The plan says which report has shown how much, the report says so, too, and the interval is an extension's."""
    first = _submit(context)
    _go_on(context, first)
    request = comparison({"named_otherwise": {"horizontal_flip": True, "rescale": 1 / 255}}, evaluation={"seeds": 8})
    with context.database.writing() as session:
        job = new_job(session, request)
        dataset = session.get_one(DatasetRow, job.dataset_id)
        shown = with_reuse_and_estimate(session, request, plan_comparison(request, "uint8"), dataset)
        second = job.id
    assert [(each.job_id, each.candidate, each.seeds) for each in shown.earlier] == [
        (first, "named_otherwise", [0, 1, 2, 3, 4])
    ]
    _go_on(context, second)
    report = _report(context, second)
    assert report.method.earlier == shown.earlier
    assert _confidence(report) == pytest.approx(1 - 0.05 * 0.05)
    assert any("further look" in cause.text and first in cause.text for cause in report.summary)
    third = _submit(context, evaluation={"seeds": 10})
    _go_on(context, third)
    assert _confidence(_report(context, third)) == pytest.approx(1 - 0.05 * 0.025), "the second has spent a half"


@pytest.mark.parametrize("asked", [{"conditions": ["dimmed"]}, {"metric": "roc_auc"}], ids=repr)
def test_a_question_stays_the_same_whatever_trials_have_to_keep_for_it(context: Context, asked: dict[str, Any]) -> None:
    """Their models, or more of their probabilities: they are other trials then, and give the same results."""
    first = _submit(context)
    _go_on(context, first)
    request = comparison(evaluation={"seeds": 8, **asked})
    with context.database.writing() as session:
        dataset = ready_dataset(session)
        shown = with_reuse_and_estimate(session, request, plan_comparison(request, "uint8"), dataset)
    assert [(each.job_id, each.seeds) for each in shown.earlier] == [(first, [0, 1, 2, 3, 4])]


def test_to_ask_the_same_again_shows_the_same_again(context: Context, queue: RecordingQueue) -> None:
    """The same seeds are the same look: the interval stays as it was, however often it is asked for."""
    reports = []
    for _ in range(3):
        job_id = _submit(context)
        _go_on(context, job_id)
        reports.append(_report(context, job_id))
    assert reports[0].candidates[0].difference == reports[1].candidates[0].difference
    assert reports[0].candidates[0].difference == reports[2].candidates[0].difference
    assert len(reports[2].method.earlier) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluation": {"seeds": 5, "first_seed": 50}},
        {"training": {"epochs": 2}},
        {"model": {"name": "linear"}},
        {"baseline": {"spec": {"rescale": 0.5}}},
        {"specs": {"other": {"rotation_range": 3, "rescale": 1 / 255}}},
    ],
    ids=repr,
)
def test_another_question_is_none_that_was_answered(context: Context, changes: dict[str, Any]) -> None:
    """Other seeds, training, model, baseline or candidate: nothing of it was shown, and nothing is paid."""
    _go_on(context, _submit(context))
    job_id = _submit(context, changes.pop("specs", None), **changes)
    _go_on(context, job_id)
    report = _report(context, job_id)
    assert report.method.earlier == []
    assert _confidence(report) == pytest.approx(1 - 0.05 * 0.9)
