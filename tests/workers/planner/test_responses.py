"""Arms with other budgets and on shares of the images: when they are trained, and what happens where one fails."""

from __future__ import annotations

from typing import Any

from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import JobState
from api_schemas.reports.report import Report
from store.rows import trials
from store.rows.tables import JobRow
from store.rows.views import job_views
from tests.store.databases import NOW, claim, comparison, new_job, ready_dataset
from tests.workers.planner.finished import end_probes, finish_trials
from tests.workers.units.carried import advance
from workers.context import Context

ASKED: dict[str, Any] = {
    "training": {"epochs": 10},
    "evaluation": {"seeds": 3},
    "budget_response": [5, 10],
    "data_response": [0.5, 1.0],
}


def _submitted(context: Context) -> str:
    with context.database.writing() as session:
        ready_dataset(session)
        return new_job(session, comparison(**ASKED)).id


def _arms(context: Context, job_id: str) -> set[str]:
    with context.database.reading() as session:
        return {link.arm for link, _ in trials.of_job(session, job_id)}


def _with_verdicts(context: Context, job_id: str) -> None:
    """Take a job so far that its verdicts are taken, and its responses are queued."""
    advance(context, job_id)
    assert _arms(context, job_id) == {"baseline", "flip"}
    finish_trials(context, job_id)
    advance(context, job_id)
    end_probes(context, job_id)
    advance(context, job_id)


def _report(context: Context, job_id: str) -> Report:
    return Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))


def test_responses_are_trained_after_the_verdicts_and_reported(context: Context) -> None:
    """On the same seeds, each arm once."""
    job_id = _submitted(context)
    _with_verdicts(context, job_id)
    assert len(_arms(context, job_id)) == 6
    finish_trials(context, job_id, lambda arm, _: 0.6 if arm == "flip@5 epochs" else 0.9)
    advance(context, job_id)
    with context.database.reading() as session:
        assert session.get_one(JobRow, job_id).state == JobState.SUCCEEDED
    report = _report(context, job_id)
    assert report.budget_response is not None
    assert report.data_response is not None
    few, usual = report.budget_response.candidates[0].points
    assert few.difference is not None
    assert few.difference.mean < -20
    assert (usual.difference and usual.difference.mean) == 0
    assert len(report.data_response.candidates[0].points) == 2


def test_progress_knows_from_the_start_what_responses_come_to(context: Context) -> None:
    """Epochs count, as budgets differ: two fifths of the epochs are done with a third of the trials."""
    job_id = _submitted(context)
    advance(context, job_id)
    with context.database.reading() as session:
        before = job_views.to_wire(session, session.get_one(JobRow, job_id), NOW).progress
    finish_trials(context, job_id)
    with context.database.reading() as session:
        after = job_views.to_wire(session, session.get_one(JobRow, job_id), NOW).progress
    assert (before.trials_total, after.trials_total, after.trials_done) == (18, 18, 6)
    assert (before.fraction, after.fraction) == (0, 0.4)


def test_a_response_that_fails_fails_the_job_and_not_the_report(context: Context) -> None:
    """As any arm does."""
    job_id = _submitted(context)
    _with_verdicts(context, job_id)
    with context.database.writing() as session:
        for link, trial in trials.of_job(session, job_id):
            if link.arm == "flip@5 epochs":
                trials.fail(session, claim(session, trial), Failure.of(FailureClass.INTERNAL, "it broke"), NOW)
    finish_trials(context, job_id)
    advance(context, job_id)
    with context.database.reading() as session:
        job = session.get_one(JobRow, job_id)
        assert (job.state, job.report_artifact is not None) == (JobState.FAILED, True)
    response = _report(context, job_id).budget_response
    assert response is not None
    assert response.candidates[0].points[0].difference is None
    assert response.candidates[0].points[1].difference is not None
