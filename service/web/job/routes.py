"""``/jobs/{id}`` with its tabs, the part of it that changes while it runs, and its contact sheets."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api_schemas.jobs import Job
from api_schemas.training.trials import TrialState
from augury.reporting.formatting import plain
from service.auth.actor import Actor, Reader
from service.http.problem_types import NOT_FOUND
from service.http.problems import require_found
from service.jobs import reading
from service.resources import Resources, Shared
from service.web.job import answer, going, head, request, trials
from service.web.rendering import page
from store.files.artifacts import ArtifactMissingError
from store.files.names import sheet_name
from store.rows import jobs
from store.rows import trials as trial_rows
from store.rows.tables import JobRow

router = APIRouter(prefix="/jobs/{job_id}", include_in_schema=False)

Tab = Literal["answer", "trials", "request", "again"]
TABS: dict[Tab, str] = {
    "answer": "Answer",
    "trials": "Trials",
    "request": "Request",
    "again": "Change and run again",
}
_SHEET = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
_MAX_NAME = 200


@router.get("")
def job_page(
    resources: Shared,
    caller: Reader,
    asked: Request,
    job_id: str,
    tab: Tab = "answer",
    arm: Annotated[str, Query(max_length=_MAX_NAME)] = "",
    state: TrialState | Literal[""] = "",
) -> Response:
    """The page, with one of its tabs."""
    row, shown = _job(resources, caller, job_id)
    of_tab: dict[str, Any] = {}
    if tab == "answer":
        of_tab["found"] = answer.found(resources, row) if shown["job"].is_terminal else None
    elif tab == "trials":
        with resources.database.reading() as session:
            wire = [trial_rows.to_wire(link, trial) for link, trial in trial_rows.of_job(session, row.id)]
        of_tab["trials"] = trials.lines_of(wire, arm or None, state or None)
        of_tab["trial_states"] = trials.STATES
    else:
        address = str(asked.base_url).rstrip("/")
        of_tab["taken"] = request.taken(row.request, address, needs_key=caller.key_id is not None)
        of_tab["tried"] = [each["name"] for each in row.request.get("candidates", [])]
    return page(asked, "job/job.html.j2", title=f"{shown['head'].title} on {shown['head'].dataset}",
                place="answers", tab=tab, tabs=TABS, **shown, **of_tab)  # fmt: skip


@router.get("/parts/progress")
def progress_part(resources: Shared, caller: Reader, asked: Request, job_id: str) -> Response:
    """How far it is, anew."""
    _, shown = _job(resources, caller, job_id)
    return page(asked, "job/progress.html.j2", **shown)


@router.get("/sheet")
def contact_sheet(
    resources: Shared, caller: Reader, job_id: str, candidate: Annotated[str, Query(max_length=_MAX_NAME)]
) -> Response:
    """What a candidate does to some images, as PNG."""
    with resources.database.reading() as session:
        row = require_found(jobs.find(session, caller.project, job_id), "job", job_id)
        names = [each.get("name") for each in row.request.get("candidates", [])]
    if candidate not in names:
        raise NOT_FOUND.error(f"the job has no candidate {json.dumps(plain(candidate))}")
    try:
        content = resources.artifacts.read(sheet_name(row.id, candidate))
    except ArtifactMissingError:
        raise NOT_FOUND.error("there is no contact sheet of this candidate") from None
    return Response(content, headers=_SHEET, media_type="image/png")


def _job(resources: Resources, caller: Actor, job_id: str) -> tuple[JobRow, dict[str, Any]]:
    """The row, and what all parts of the page show of it."""
    with resources.database.reading() as session:
        row = require_found(jobs.find(session, caller.project, job_id), "job", job_id)
        now, keep_days = resources.database.now(session), resources.settings.job_retention_days
        job: Job = require_found(reading.find(session, caller.project, job_id, now, keep_days=keep_days), "job", job_id)
        shown = {"job": job, "head": head.head_of(session, row, job), "going": going.going(session, row)}
    return row, shown
