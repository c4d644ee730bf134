"""Taking a finished comparison further: more seeds for what its report calls undecided, as a look that is paid for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetState
from api_schemas.extension import ExtensionRequest
from api_schemas.jobs import JobKind, JobState
from api_schemas.plans import Plan
from api_schemas.reports.report import Report, Verdict
from augury.planning.canonical import digest
from augury.planning.effort import effort_problem, trials_when_extended
from service.auth.asked import this_request
from service.http.idempotency import Accepted, create_idempotently
from service.http.problem_types import CANNOT_EXTEND, INVALID_REQUEST
from service.http.problems import require_found
from service.quotas import room
from service.resources import Resources
from store import queue
from store.files.artifacts import ArtifactMissingError
from store.rows import jobs
from store.rows.idempotency import Fingerprint
from store.rows.models import registered
from store.rows.needs import other_datasets
from store.rows.quotas import counting
from store.rows.tables import DatasetRow, JobRow
from store.rows.views import job_views

_OBSTACLES: tuple[tuple[Callable[[JobRow], bool], str], ...] = (
    (lambda job: job.kind != JobKind.COMPARISON, "it is a job of kind {job.kind}, and only a comparison has verdicts"),
    (lambda job: job.state == JobState.RUNNING and _is_extended(job), "it is being extended already"),
    (lambda job: job.state != JobState.SUCCEEDED, "it is {job.state}; a comparison can be extended once it succeeded"),
    (
        lambda job: job.stop_requested_at is not None,
        "it was stopped, which ended it early; send the request again, and what is trained is reused",
    ),
    (
        lambda job: not (job.plan or {}).get("reserve"),
        "its report is of an earlier version, which kept nothing of the error for more looks; send the request again",
    ),
)
"""What stands in the way of an extension, asked in this order, and how it is said."""


def extend(
    resources: Resources, project: str, job_id: str, request: ExtensionRequest, idempotency_key: str | None
) -> Accepted:
    """Have a project's comparison go on, once per idempotency key.

    Raises:
        ProblemError: there is no such job, it cannot be extended, or the key came before with another request.
    """
    with resources.database.reading() as session:
        undecided = _undecided(resources, require_found(jobs.find(session, project, job_id), "job", job_id))
    with resources.database.writing() as session:
        now = resources.database.now(session)
        accepted = create_idempotently(
            session, project, idempotency_key,
            Fingerprint(digest({"extend": job_id, **request.model_dump(mode="json")})), now,
            lambda: _extend(resources, session, _locked(session, project, job_id), request, undecided),
        )  # fmt: skip
        if not accepted.replayed:
            this_request().note(session, project, now, job_id)
    if not accepted.replayed:
        resources.publisher.publish(queue.ADVANCE, job_id, queue.CONTROL)
    return accepted


def _locked(session: Session, project: str, job_id: str) -> JobRow:
    return require_found(jobs.find_locked(session, project, job_id), "job", job_id)


def _undecided(resources: Resources, job: JobRow) -> list[str]:
    """The candidates that the job's report could not decide although it has a difference for them."""
    if job.report_artifact is None or job.kind != JobKind.COMPARISON:
        return []
    try:
        report = Report.model_validate_json(resources.artifacts.read(job.report_artifact))
    except ArtifactMissingError:
        return []
    return undecided_in(report)


def undecided_in(report: Report) -> list[str]:
    """The candidates of a report that more seeds might decide."""
    return [each.name for each in report.candidates if each.verdict is Verdict.INCONCLUSIVE and each.difference]


def seeds_of(job: JobRow) -> int:
    """On how many seeds a comparison that has a plan was trained."""
    return _seeds_of(Plan.model_validate(job.plan))


def _extend(
    resources: Resources, session: Session, job: JobRow, request: ExtensionRequest, undecided: list[str]
) -> dict[str, Any]:
    require_extendable(session, job, undecided)
    plan = Plan.model_validate(job.plan)
    trained = _seeds_of(plan)
    if request.seeds <= trained:
        got = f"got {request.seeds}, expected more than the {trained} seeds in all that the job has"
        raise INVALID_REQUEST.error_at("body.seeds", got, "there is nothing to train on so few seeds")
    epochs = plan.epochs or jobs.trial_request_of(job).training.epochs
    assert isinstance(epochs, int), "a report was made, so the number of epochs is known"
    trials = trials_when_extended(plan, undecided, request.seeds)
    problem = effort_problem(plan, trials, epochs, resources.settings.effort_limits)
    if problem is not None:
        raise INVALID_REQUEST.error_at("body.seeds", problem, "this is more training than one job may ask for")
    now = resources.database.now(session)
    more = trials - plan.trials
    room.require_room_for_job(resources, session, job.project_id, more, now)
    counting.reserve(job, more)
    jobs.extend(session, job, request.seeds, now, now + 3600 * resources.settings.job_deadline_hours)
    session.refresh(job)
    return job_views.to_wire(session, job, now).model_dump(mode="json")


def require_extendable(session: Session, job: JobRow, undecided: list[str]) -> None:
    """Refuse what cannot be extended.

    Raises:
        ProblemError: it cannot, and why.
    """
    obstacle = obstacle_to_extending(job, undecided)
    if obstacle is not None:
        raise CANNOT_EXTEND.error(obstacle)
    _require_all_it_needs(session, job)


def obstacle_to_extending(job: JobRow, undecided: list[str]) -> str | None:
    """What stands in the way as far as the job itself says; what it needs may still be gone."""
    for stands_in_the_way, reason in _OBSTACLES:
        if stands_in_the_way(job):
            return reason.format(job=job)
    return None if undecided else "no candidate of it is undecided, so more seeds would decide nothing"


def _require_all_it_needs(session: Session, job: JobRow) -> None:
    if session.get_one(DatasetRow, job.dataset_id).state != DatasetState.READY:
        raise CANNOT_EXTEND.error("its dataset was deleted")
    model_digest = (job.request.get("model") or {}).get("digest")
    if model_digest is not None and registered.kept(session, job.project_id, model_digest) is None:
        raise CANNOT_EXTEND.error("its model was deleted; register it again, and what is trained is reused")
    test = jobs.trial_request_of(job).evaluation.test_dataset
    scored = None if test is None else other_datasets.hold(session, job.project_id, test)
    if test is not None and (scored is None or scored.state != DatasetState.READY):
        raise CANNOT_EXTEND.error(f"dataset {test}, which is to be scored at the end, was deleted")


def _is_extended(job: JobRow) -> bool:
    return bool((job.plan or {}).get("extensions"))


def _seeds_of(plan: Plan) -> int:
    return sum(len(each.seeds) for each in plan.rounds if each.purpose == "comparison")
