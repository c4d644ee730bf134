"""Jobs as workers leave them behind, for pages to show: rows, reports and pictures, without any training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import ComparisonRequest, JobRequest
from api_schemas.reports.report import Report
from store.database import Database
from store.files.artifacts import Artifacts
from store.files.names import report_name, sheet_name
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, jobs
from store.rows.answers import noting
from store.rows.tables import TrialRow
from store.rows.trials import of_job
from tests.augury.reporting.samples import full, png
from tests.store.databases import DIGITS, claim, comparison, running_job, succeed

FAILURE = Failure.of(FailureClass.WORKER_LOST, "3 workers were lost over the trial of seed 4")


def ended_job(
    database: Database, report: Report | None, request: JobRequest | None = None, *, project: str = DEFAULT_PROJECT
) -> str:
    """A job that is over: with a report it has succeeded, without one it failed."""
    with database.writing() as session:
        now = database.now(session)
        request = request or comparison()
        dataset = datasets.register(session, project, DIGITS, now)
        job = jobs.create(session, request, dataset, now, now + 3600)
        jobs.begin(session, job, jobs.Phase.TRAINING, now)
        if report is None:
            assert jobs.fail(session, job.id, FAILURE, now)
        else:
            assert jobs.succeed(session, job.id, report_name(job.id, "json"), now)
            noting.note_report(session, job.id, report)
        return job.id


def reported_job(database: Database, artifacts: Artifacts, report: Report | None = None) -> str:
    """A job with its report among the artifacts, and contact sheets beside it."""
    report = report or full()
    job_id = ended_job(database, report, asked_in(report))
    own = report.model_copy(update={"job_id": job_id})
    artifacts.write(report_name(job_id, "json"), own.model_dump_json().encode())
    for candidate in report.candidates[:2]:
        artifacts.write(sheet_name(job_id, candidate.name), png())
    return job_id


def asked_in(report: Report) -> ComparisonRequest:
    """A request that a report may be on: with its candidates, as far as their names are ones that requests have."""
    specs: Mapping[str, Any] = {arm.name: arm.spec.model_dump(exclude_defaults=True) for arm in report.arms}
    return comparison({each.name: dict(specs.get(each.arm, {})) for each in report.candidates})


def training_job(database: Database, *, epoch: int = 1, seeds: int = 3) -> str:
    """A job that is being carried out: of its trials one is trained, and one runs."""
    with database.writing() as session:
        now = database.now(session)
        job = running_job(session, comparison(evaluation={"seeds": seeds}, training={"epochs": 3}), now)
        rows = [trial for _, trial in of_job(session, job.id) if trial.state == "queued"]
        succeed(session, rows[0], now=now)
        claim(session, rows[1], now=now, seconds=3600)
        session.execute(update(TrialRow).where(TrialRow.id == rows[1].id).values(epoch=epoch))
        return job.id


def finish(database: Database, artifacts: Artifacts, job_id: str, report: Report | None = None) -> None:
    """End a running job well, with its report among the artifacts."""
    report = (report or full()).model_copy(update={"job_id": job_id})
    artifacts.write(report_name(job_id, "json"), report.model_dump_json().encode())
    with database.writing() as session:
        assert jobs.succeed(session, job_id, report_name(job_id, "json"), database.now(session))
        noting.note_report(session, job_id, report)
