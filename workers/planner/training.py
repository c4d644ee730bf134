"""The planner of trainings: one spec on every seed, then the report and the models."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api_schemas.reports.report import Report
from augury.evidence.final_scores.arms import scored_arms
from augury.evidence.training_report import training_report
from store import queue
from store.rows import chunks
from store.rows.tables import DatasetRow, JobRow
from workers.context import Context
from workers.planner.conclusion import fail_job, finish_with_report
from workers.planner.evidence_reader import read_results, read_scores
from workers.planner.final_scores import has_to_wait
from workers.planner.model_artifacts import store_models
from workers.planner.step import Step
from workers.planner.trial_slots import stand


def next_step(session: Session, job: JobRow, dataset: DatasetRow, now: float) -> Step:
    """Make the plan, publish the trials that are due, or have the report made."""
    standing = stand(session, job, dataset, now)
    if standing is None:
        return Step()
    asked = [] if job.stop_requested_at is not None else chunks.take_for_publishing(session, job.id, now)
    is_waiting = standing.is_waiting or chunks.is_any_unfinished(session, job.id)
    return Step([*standing.messages, *map(queue.doorbell, asked)], is_to_be_concluded=not is_waiting)


def conclude(context: Context, job_id: str) -> None:
    """All trials are over: report, and keep the models."""
    try:
        results = read_results(context, job_id)
        if has_to_wait(context, results, scored_arms(results)):
            return
        models = store_models(context, results)
    except OperationalError:  # the database was away: the conclusion is tried again
        raise
    except Exception as error:  # a job must not wait for ever for a report that cannot be made
        fail_job(context, job_id, error)
        return

    def report_at(created_at: str) -> Report:
        return training_report(results, created_at, read_scores(context, results))

    finish_with_report(context, job_id, results.plan, report_at, models)
