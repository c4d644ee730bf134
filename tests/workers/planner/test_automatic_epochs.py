"""A comparison that looks for its number of epochs: pilots, the first round, and the first round anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api_schemas.jobs import JobState
from api_schemas.plans import Plan
from api_schemas.reports.report import Report
from store.files.names import predictions_name
from store.rows import chunks, jobs, trials
from store.rows.tables import JobRow
from tests.store.databases import NOW, claim, comparison, new_job, ready_dataset, result
from tests.workers.planner.finished import end_probes, predictions_file, record_of
from tests.workers.units.carried import advance
from workers.context import Context


@pytest.fixture
def job_id(context: Context) -> str:
    """A comparison on two seeds whose number of epochs is to be found."""
    with context.database.writing() as session:
        ready_dataset(session)
        return new_job(session, comparison(training={"epochs": "auto"}, evaluation={"seeds": 2})).id


def _plan(context: Context, job_id: str) -> Plan:
    with context.database.reading() as session:
        return Plan.model_validate(session.get_one(JobRow, job_id).plan)


def _finish(context: Context, job_id: str, *improving: str, best_epoch: int = 24) -> None:
    """End the queued trials well; those of the arms named still improve. Then their probes, and look at it all."""
    with context.database.writing() as session:
        for link, trial in trials.of_job(session, job_id):
            if trial.state == "queued":
                record = record_of(0.9, link.seed)
                context.artifacts.write(predictions_name(trial.id), predictions_file(record))
                measured = result(record.accuracy).model_copy(
                    update={"best_epoch": best_epoch, "still_improving": link.arm in improving}
                )
                trials.succeed(session, claim(session, trial), measured, NOW)
    advance(context, job_id)
    end_probes(context, job_id)
    advance(context, job_id)


def _arms(context: Context, job_id: str) -> dict[str, int]:
    """The epochs of the trials that each arm has."""
    with context.database.reading() as session:
        return {link.arm: row.definition["training"]["epochs"] for link, row in trials.of_job(session, job_id)}


def test_every_arm_is_trained_for_as_long_as_the_pilots_say(context: Context, job_id: str) -> None:
    """The pilots are trained first, alone."""
    advance(context, job_id)
    assert _arms(context, job_id) == {"baseline@pilot": 200}
    _finish(context, job_id)
    assert _plan(context, job_id).epochs == 24
    assert _arms(context, job_id) == {"baseline@pilot": 200, "baseline": 24, "flip": 24}


def test_while_an_arm_improves_all_are_trained_anew_and_judged_then(context: Context, job_id: str) -> None:
    """The baseline included; and what was trained before is told as another budget."""
    advance(context, job_id)
    _finish(context, job_id)
    _finish(context, job_id, "flip")
    assert _arms(context, job_id) == {
        "baseline@pilot": 200,
        "baseline@24 epochs, earlier": 24,
        "flip@24 epochs, earlier": 24,
        "baseline": 48,
        "flip": 48,
    }
    with context.database.reading() as session:
        assert len(chunks.probes(session, job_id)) == 0, "those of the models of before are forgotten"
    _finish(context, job_id)
    with context.database.reading() as session:
        job = session.get_one(JobRow, job_id)
        assert job.state == JobState.SUCCEEDED
        assert len(chunks.probes(session, job_id)) == 2
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert report.automatic_epochs is not None
    assert (report.automatic_epochs.epochs, report.automatic_epochs.earlier) == (48, [24])
    assert "2 pilots of the baseline levelled off after 24 and 24" in report.automatic_epochs.sentence
    assert "The verdicts are those at 48 epochs." in report.automatic_epochs.sentence
    assert report.budget_response is not None
    assert [point.epochs for point in report.budget_response.candidates[0].points] == [24, 48]
    assert report.candidates[0].difference is not None
    assert report.method.looks[0].seeds == 2


def test_no_more_than_the_bound_is_trained(context: Context, job_id: str) -> None:
    """An arm that improves for ever is judged as it is, and the report says so."""
    advance(context, job_id)
    _finish(context, job_id, best_epoch=150)
    for _ in range(2):
        _finish(context, job_id, "flip")
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert report.automatic_epochs is not None
    assert (report.automatic_epochs.epochs, report.automatic_epochs.is_at_bound) == (200, True)
    assert "most of its trials were still improving" in report.candidates[0].sentence


def test_nothing_is_trained_anew_beyond_what_one_job_may_come_to(context: Context, job_id: str) -> None:
    """Two pilots of 200 epochs, four trials of 24 and four of 48 would be 688; the report says that it ends before."""
    limited = replace(context, settings=context.settings.model_copy(update={"max_trial_epochs_per_job": 687}))
    advance(limited, job_id)
    _finish(limited, job_id)
    _finish(limited, job_id, "flip")
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert report.automatic_epochs is not None
    assert (report.automatic_epochs.epochs, report.automatic_epochs.is_at_limit) == (24, True)
    assert "more training than the operator allows one job" in report.automatic_epochs.sentence


def test_a_job_that_is_stopped_during_its_pilots_has_a_report(context: Context, job_id: str) -> None:
    """Without verdicts, and without a number of epochs."""
    advance(context, job_id)
    with context.database.writing() as session:
        jobs.stop(session, session.get_one(JobRow, job_id), NOW)
    advance(context, job_id)
    advance(context, job_id)
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert (report.stopped, report.automatic_epochs) == (True, None)
    assert report.candidates[0].difference is None
