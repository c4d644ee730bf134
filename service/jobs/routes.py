"""``/v1/jobs``: submit, look, wait, cancel, read the evidence."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator, Field

from api_schemas.extension import ExtensionRequest
from api_schemas.jobs import Job, JobList, JobRequest, JobState
from api_schemas.plain_text import require_plain
from api_schemas.plans import AugmentationPlan, Plan
from api_schemas.reports.report import Report
from api_schemas.training.trials import TrialList
from service.auth.actor import Actor, Reader, Submitter
from service.auth.asked import this_request
from service.http.bodies import CheckedBodyRoute, Sent
from service.http.caching.tags import NOT_MODIFIED, IfNoneMatch, unchanged, weak_tag
from service.http.examples import JOB_EXAMPLES
from service.http.idempotency import IdempotencyKey
from service.http.openapi import problems
from service.http.problem_rows.quotas import EXTENSION_OVER_QUOTA, JOB_OVER_QUOTA
from service.http.problem_types import (
    ALREADY_OVER,
    BODY_REFUSED,
    CANNOT_EXTEND,
    CANNOT_STOP,
    IDEMPOTENCY_KEY_REUSED,
    INVALID_REQUEST,
    JSON_REFUSED,
    MODEL_NOT_READY,
    NO_REPORT,
    NOT_ACCEPTABLE,
    NOT_FOUND,
)
from service.http.problems import require_found
from service.jobs import asking, extension, reading, report_files, submission
from service.jobs.preparing import Submission
from service.resources import Resources, Shared
from store import queue
from store.ids import IDENTIFIER
from store.rows import jobs as job_rows
from store.rows import trials
from store.rows.views import job_views
from store.rows.views.trial_versions import trials_version

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=CheckedBodyRoute)

# The bounds go first: what follows a function is not in the document.
_Label = Annotated[str, Field(pattern="^[^:]+:", max_length=170), AfterValidator(require_plain)]


@router.post(
    "",
    status_code=202,
    response_model=Job,
    summary="Submit a job",
    responses={
        200: {"model": Plan | AugmentationPlan, "description": "The plan, with validate_only."},
        **problems(*JSON_REFUSED, IDEMPOTENCY_KEY_REUSED, MODEL_NOT_READY, *JOB_OVER_QUOTA),
    },
)
async def submit_job(
    resources: Shared,
    caller: Submitter,
    request: Annotated[JobRequest, Body(openapi_examples=JOB_EXAMPLES)],
    sent: Sent,
    idempotency_key: IdempotencyKey = None,
    validate_only: Annotated[
        bool, Query(description="Check the request and answer with its plan; store nothing.")
    ] = False,
) -> Response:
    """Accept a comparison or an augmentation. What was answered with 202 survives any crash of the service."""
    if validate_only:
        plan = await run_in_threadpool(submission.preview_plan, resources, caller.project, request)
        return Response(plan.model_dump_json(), media_type="application/json")
    accepted = await submission.submit(resources, Submission(caller.project, request, sent, idempotency_key))
    return accepted.response("/v1/jobs")


@router.get(
    "",
    response_model=JobList,
    summary="List jobs, newest first",
    responses=NOT_MODIFIED | problems(INVALID_REQUEST),
)
def list_jobs(
    resources: Shared,
    caller: Reader,
    response: Response,
    state: JobState | None = None,
    kind: Annotated[str | None, Query(pattern=IDENTIFIER)] = None,
    dataset: Annotated[str | None, Query(pattern=IDENTIFIER, description="A dataset's id.")] = None,
    label: Annotated[_Label | None, Query(description="key:value")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=IDENTIFIER, description="next_cursor of the page before.")] = None,
    if_none_match: IfNoneMatch = None,
) -> JobList | Response:
    """One page; more pages by ``next_cursor``."""
    narrowed = job_views.JobFilter(
        state=state, kind=kind, dataset_id=dataset, label=_split_label(label) if label else None
    )
    part: dict[str, Any] = {"limit": limit, "cursor": cursor}
    with resources.database.reading() as session:
        tag = weak_tag(job_views.page_version(session, caller.project, narrowed, **part))
        same = unchanged(response, tag, if_none_match)
        return same or job_views.page(session, caller.project, narrowed, **part)


def _split_label(label: str) -> tuple[str, str]:
    key, _, value = label.partition(":")
    return key, value


@router.get(
    "/{job_id}",
    response_model=Job,
    summary="A job's state and progress",
    responses=NOT_MODIFIED | problems(NOT_FOUND, INVALID_REQUEST),
)
async def get_job(
    resources: Shared,
    caller: Reader,
    request: Request,
    job_id: str,
    prefer: Annotated[
        str | None, Header(description="wait=n holds the answer for up to n seconds, until a change.")
    ] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The job now, or, with ``Prefer: wait=n``, as soon as something changes."""
    return await asking.answer(resources, caller, request, job_id, prefer, if_none_match)


def _read_job(resources: Resources, caller: Actor, job_id: str) -> Job:
    with resources.database.reading() as session:
        now = resources.database.now(session)
        keep_days = resources.settings.job_retention_days
        return require_found(reading.find(session, caller.project, job_id, now, keep_days=keep_days), "job", job_id)


@router.post(
    "/{job_id}/cancel",
    status_code=202,
    summary="Cancel a job",
    responses=problems(NOT_FOUND, ALREADY_OVER, *BODY_REFUSED),
)
def cancel_job(resources: Shared, caller: Submitter, job_id: str) -> Job:
    """Drop the job's work. The state is ``cancelling`` until nothing runs any more; cancelling twice is harmless."""
    with resources.database.writing() as session:
        row = require_found(job_rows.find_locked(session, caller.project, job_id), "job", job_id)
        now = resources.database.now(session)
        state = job_rows.cancel(session, row, now)
        if state in (JobState.SUCCEEDED, JobState.FAILED):
            raise ALREADY_OVER.error(f"the job has {state} already; there is nothing to cancel")
        this_request().note(session, caller.project, now, job_id)
    return _read_job(resources, caller, job_id)


@router.post(
    "/{job_id}/stop",
    status_code=202,
    summary="Stop a job and report",
    responses=problems(NOT_FOUND, CANNOT_STOP, *BODY_REFUSED),
)
def stop_job(resources: Shared, caller: Submitter, job_id: str) -> Job:
    """End the training now and report on what is done. Stopping twice is harmless."""
    with resources.database.writing() as session:
        row = require_found(job_rows.find_locked(session, caller.project, job_id), "job", job_id)
        now = resources.database.now(session)
        reason = job_rows.stop(session, row, now)
        if reason is None:
            this_request().note(session, caller.project, now, job_id)
    if reason is not None:
        raise CANNOT_STOP.error(reason)
    resources.publisher.publish(queue.ADVANCE, job_id, queue.CONTROL)
    return _read_job(resources, caller, job_id)


@router.post(
    "/{job_id}/extend",
    status_code=202,
    response_model=Job,
    summary="Train a finished comparison on more seeds",
    responses=problems(NOT_FOUND, CANNOT_EXTEND, *JSON_REFUSED, IDEMPOTENCY_KEY_REUSED, *EXTENSION_OVER_QUOTA),
)
def extend_job(
    resources: Shared,
    caller: Submitter,
    job_id: str,
    request: ExtensionRequest,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """More seeds for undecided candidates, as one more look at the evidence, which the stated confidence covers."""
    return extension.extend(resources, caller.project, job_id, request, idempotency_key).response("/v1/jobs")


@router.get(
    "/{job_id}/trials",
    response_model=TrialList,
    summary="A job's trials with their curves",
    responses=NOT_MODIFIED | problems(NOT_FOUND, INVALID_REQUEST),
)
def list_trials(
    resources: Shared, caller: Reader, response: Response, job_id: str, if_none_match: IfNoneMatch = None
) -> TrialList | Response:
    """Every trial, arm by arm, seed by seed; empty until the dataset is ready and the plan is made."""
    with resources.database.reading() as session:
        seen = require_found(trials_version(session, caller.project, job_id), "job", job_id)
        same = unchanged(response, weak_tag(seen), if_none_match)
        return same or TrialList(items=[trials.to_wire(link, trial) for link, trial in trials.of_job(session, job_id)])


@router.get(
    "/{job_id}/report",
    response_model=Report,
    summary="The accuracy report",
    responses={
        200: {"description": "The report.", "content": {report_files.HTML: {}, report_files.MARKDOWN: {}}},
        **NOT_MODIFIED,
        **problems(NOT_FOUND, NOT_ACCEPTABLE, NO_REPORT, INVALID_REQUEST),
    },
)
def get_report(
    resources: Shared,
    caller: Reader,
    job_id: str,
    accept: Annotated[
        str | None, Header(description="application/json, the default, text/html for a page, or text/markdown.")
    ] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The evidence, once the job is over. A failed job has a report when some of its trials gave a result."""
    with resources.database.reading() as session:
        row = require_found(job_rows.find(session, caller.project, job_id), "job", job_id)
    if row.report_artifact is None:
        raise NO_REPORT.error(f"the job is {row.state} and has no report")
    return report_files.answer(resources, job_id, row.report_artifact, accept, if_none_match)
