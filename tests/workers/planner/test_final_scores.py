"""The last score of a job, from its trials' files to its report."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.jobs import TrainingRequest
from api_schemas.reports.report import Report
from store.files.names import scored_name
from store.rows import jobs, trials
from store.rows.tables import DatasetRow, JobRow
from tests.store.databases import DIGITS, FACTS, NOW, comparison, new_job, ready_dataset
from tests.workers.planner.finished import end_probes, finish_trials, predictions_file, record_of
from tests.workers.units.carried import advance
from workers.context import Context

SPECS = {"flip": {"horizontal_flip": True, "rescale": 1 / 255}, "turn": {"rotation_range": 9, "rescale": 1 / 255}}
ON_VALIDATION = {"baseline": 0.5, "flip": 0.4, "turn": 0.95}
ON_TEST = {"baseline": 0.6, "flip": 0.9, "turn": 0.8}


def _divided(dataset: DatasetRow) -> None:
    images = {"train": 6, "validation": 2, "test": 2}
    splits = {name: dict.fromkeys(FACTS.classes, count) for name, count in images.items()}
    dataset.facts = FACTS.model_copy(update={"splits": splits}).model_dump(mode="json")


def _finish(context: Context, job_id: str) -> None:
    """End the queued trials, which have predicted the test images as well."""
    finish_trials(context, job_id, lambda arm, _: ON_VALIDATION.get(arm, 1.0))
    with context.database.reading() as session:
        for link, trial in trials.of_job(session, job_id):
            on_test = record_of(ON_TEST.get(link.arm, 0.7), 1000)
            context.artifacts.write(scored_name(trial.id), predictions_file(on_test))


def _report(context: Context, *, recommend: bool = False, **evaluation: Any) -> Report:
    with context.database.writing() as session:
        _divided(ready_dataset(session))
        request = comparison(SPECS, evaluation={"seeds": 3, **evaluation}, recommend=recommend)
        job_id = new_job(session, request).id
    for _ in range(2):
        advance(context, job_id)
        _finish(context, job_id)
        advance(context, job_id)
        end_probes(context, job_id)
        advance(context, job_id)
    return Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_the_baseline_and_the_best_candidate_are_scored_and_nobody_is_judged_by_it(
    context: Context, metric: str
) -> None:
    """The best is the one that the validation images say, although another does better on the test images."""
    report = _report(context, test="split", metric=metric)
    scores = report.final_scores
    assert scores is not None
    assert [(each.arm, each.stands_for) for each in scores.arms] == [("baseline", "baseline"), ("turn", "best")]
    assert [each.metrics["accuracy"].mean for each in scores.arms] == [pytest.approx(0.6), pytest.approx(0.8)]
    best = scores.arms[1].difference
    assert best is not None
    value = [each.metrics[metric].mean for each in scores.arms]
    assert best.mean == pytest.approx(100 * (value[1] - value[0]), abs=1e-3)
    assert scores.sentence.startswith("On the 20 test images, by which nothing was decided, the best candidate (turn)")
    assert "On the untouched test images" in str(context.artifacts.read(f"jobs/{report.job_id}/report.md"))


def test_a_recommendation_is_scored_on_its_fresh_seeds(context: Context) -> None:
    """Beside the baseline on the same ones; it was confirmed on other images."""
    report = _report(context, recommend=True, test="split")
    assert report.final_scores is not None
    assert report.recommendation is not None
    assert report.recommendation.validated_on == "held_out"
    recommended = report.final_scores.arms[-1]
    assert recommended.stands_for == "recommendation"
    assert recommended.difference is not None
    assert recommended.difference.seeds == report.recommendation.seeds


def test_without_being_asked_nothing_is_scored(context: Context) -> None:
    """The report has no such part, and the page no such section."""
    report = _report(context)
    assert report.final_scores is None
    assert "untouched test images" not in context.artifacts.read(f"jobs/{report.job_id}/report.html").decode()


def test_a_training_has_the_score_of_its_one_arm(context: Context) -> None:
    """Without a difference, as there is nothing to compare it with."""
    request = TrainingRequest.model_validate(
        {"kind": "training", "dataset": DIGITS, "training": {"epochs": 1}, "evaluation": {"seeds": 2, "test": "split"}}
    )
    with context.database.writing() as session:
        dataset = ready_dataset(session)
        _divided(dataset)
        job_id = jobs.create(session, request, dataset, NOW, NOW + 3600).id
    advance(context, job_id)
    _finish(context, job_id)
    with context.database.reading() as session:
        for _, trial in trials.of_job(session, job_id):
            context.artifacts.write(f"trials/{trial.id}/model.keras", b"a model")
    advance(context, job_id)
    with context.database.reading() as session:
        assert session.get_one(JobRow, job_id).error is None
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert report.final_scores is not None
    (score,) = report.final_scores.arms
    assert (score.stands_for, score.difference) == ("trained", None)
    assert report.final_scores.sentence == (
        "On the 20 test images, by which nothing was decided, accuracy was 70.0% on average over 2 seeds."
    )
    shown = context.artifacts.read(f"jobs/{job_id}/report.md").decode()
    table = shown[shown.index("On the untouched test images") : shown.index("## Arms")]
    assert "| trained | trained | 70.0% | 2 |" in table
    assert "recommendation" not in table, "nothing is compared"
