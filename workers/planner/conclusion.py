"""How a job that is carried out by trials ends: with its report stored, or with the reason why there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.events.types import JobEventType
from api_schemas.failures import Failure
from api_schemas.jobs import Phase
from api_schemas.plans import Plan
from api_schemas.reports.differences import Verdict
from api_schemas.reports.report import Report
from store.rows import events, jobs
from store.rows.answers import noting
from store.rows.counters.catalogue import VERDICTS
from store.rows.counters.counting import count
from store.rows.quotas import stored
from store.rows.tables import JobRow
from workers.context import Context
from workers.failures import failure_of
from workers.planner.report_writer import store_report


def finish_with_report(
    context: Context,
    job_id: str,
    seen: Plan,
    report_at: Callable[[str], Report],
    artifacts: dict[str, Any] | None = None,
) -> None:
    """Make and store the report, and end the job; trials that failed fail it, and the report covers the rest.

    Nothing of it where the job has ended or was extended since *seen*, the plan that the report is on.
    """
    try:
        with context.database.writing() as session:
            job = jobs.locked(session, job_id)
            if job is None or _is_over_or_extended(job, seen):
                return
            now = context.database.now(session)
            jobs.begin(session, job, Phase.REPORTING, now)
        report = report_at(timestamp(now))
        name = store_report(context, report)
    except OperationalError:  # the database was away: the conclusion is tried again
        raise
    except Exception as error:  # a job must not wait for ever for a report that cannot be made
        fail_job(context, job_id, error)
        return
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        if job is None or _is_over_or_extended(job, seen):
            return
        now = context.database.now(session)
        for verdict, times in Counter(str(candidate.verdict) for candidate in report.candidates).items():
            count(session, VERDICTS, verdict, times=times)
        note_look(session, job, seen, [each.verdict for each in report.candidates], now)
        failed = [failed for arm in report.arms for failed in arm.failed_trials]
        if failed:
            failure = _failure_of_job(failed[0].error, len(failed), report.cost.trials)
            is_over = jobs.fail(session, job_id, failure, now, name)
        else:
            is_over = jobs.succeed(session, job_id, name, now, artifacts)
            if is_over:
                stored.note(session, job, stored.files_bytes(artifacts))
        if is_over:
            noting.note_report(session, job_id, report)


def note_look(session: Session, job: JobRow, seen: Plan, verdicts: Sequence[Verdict], now: float) -> None:
    """Tell of a planned look at the evidence how many candidates have which verdict; nothing where there are none."""
    if verdicts:
        counted = {verdict.value: count for verdict, count in sorted(Counter(verdicts).items())}
        events.append(session, job.id, JobEventType.LOOKED, now, round=len(seen.rounds), verdicts=counted)


def _is_over_or_extended(job: JobRow, seen: Plan) -> bool:
    """Whether another process was faster, and perhaps somebody has asked for more seeds since."""
    return job.finished_at is not None or (job.plan or {}).get("extensions", []) != seen.extensions


def is_as_seen(job: JobRow, seen: Plan) -> bool:
    """Whether the job still goes on by the plan whose evidence was looked at; another process may have been faster."""
    if job.finished_at is not None or job.stop_requested_at is not None or job.plan is None:
        return False
    return (len(job.plan["rounds"]), job.plan.get("extensions", [])) == (len(seen.rounds), seen.extensions)


def fail_job(context: Context, job_id: str, error: Exception) -> None:
    """End a job whose report cannot be made."""
    failure = failure_of(error, "report")
    with context.database.writing() as session:
        jobs.fail(session, job_id, failure, context.database.now(session))


def _failure_of_job(first: Failure, failed: int, total: int) -> Failure:
    return Failure.of(
        first.failure_class,
        f"{failed} of {total} trials gave no result; the report covers the others. The first said: {first.message}",
    )
