"""``/v1/events`` and ``/v1/jobs/{id}/events``: to be told, instead of asking again and again."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.concurrency import run_in_threadpool

from api_schemas.jobs import JobState
from service.auth.actor import Actor, Reader
from service.events.documented import stream_responses
from service.events.streaming import EventStream
from service.http.problem_types import NOT_FOUND
from service.http.problems import require_found
from service.resources import Resources, Shared
from service.watching.listener import Listener
from store.rows import events, jobs

router = APIRouter(tags=["events"])

_MAX_ID = 2**63 - 1
LOGIN_SECONDS = 30.0
"""After which whoever an issuer or a proxy vouches for comes again: a logout is not heard of otherwise."""
After = Annotated[
    int | None,
    Query(ge=0, le=_MAX_ID, description="The id of an event: tell what came after it. 0 tells all that there is."),
]
LastEventId = Annotated[
    int | None,
    Header(ge=0, le=_MAX_ID, description="The same, as browsers send it when they connect again; it goes before."),
]
Follow = Annotated[
    bool, Query(description="Whether to wait for what is to come; else the stream ends with what is there.")
]


@router.get(
    "/v1/jobs/{job_id}/events",
    response_class=Response,
    summary="What happens to a job",
    responses=stream_responses(NOT_FOUND, is_of_a_job=True),
)
async def stream_job(
    resources: Shared,
    caller: Reader,
    job_id: str,
    after: After = None,
    last_event_id: LastEventId = None,
    follow: Follow = True,
) -> Response:
    """A stream of all that has happened to the job and will happen, until it is over."""
    cursor = next((each for each in (last_event_id, after) if each is not None), 0)
    if await run_in_threadpool(_is_all_told, resources, caller, job_id, cursor):
        return Response(status_code=204)
    listener = await _open(resources, caller, job_id, cursor)
    return EventStream(resources.streams, listener, is_followed=follow)


@router.get(
    "/v1/events",
    response_class=Response,
    summary="What happens in a project",
    responses=stream_responses(is_of_a_job=False),
)
async def stream_project(
    resources: Shared,
    caller: Reader,
    after: After = None,
    last_event_id: LastEventId = None,
    follow: Follow = True,
) -> Response:
    """A stream of what happens to all jobs of the project, from now or from an event on. It does not end by itself."""
    cursor = next((each for each in (last_event_id, after) if each is not None), None)
    listener = await _open(resources, caller, None, cursor)
    return EventStream(resources.streams, listener, is_followed=follow)


async def _open(resources: Resources, caller: Actor, job_id: str | None, cursor: int | None) -> Listener:
    allowed = await resources.limits.max_event_streams(caller.project)
    seconds = _max_seconds(caller)
    return resources.streams.open(caller.project, job_id, caller.key_id, cursor, seconds, allowed=allowed)


def _max_seconds(caller: Actor) -> float:
    is_vouched_for = caller.key_id is None and caller.subject is not None
    return LOGIN_SECONDS if is_vouched_for else math.inf


def _is_all_told(resources: Resources, caller: Actor, job_id: str, cursor: int) -> bool:
    with resources.database.reading() as session:
        row = require_found(jobs.find(session, caller.project, job_id), "job", job_id)
        is_over = JobState(row.state).is_terminal
        return is_over and not events.is_any_after(session, caller.project, job_id, cursor)
