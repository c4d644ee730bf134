"""A job as it is now, or as soon as it looks different: ``Prefer: wait=n`` and ``If-None-Match``."""

from __future__ import annotations

import re

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from service.auth.actor import Actor
from service.http.caching.tags import CACHED, is_known, weak_tag
from service.http.problems import require_found
from service.resources import Resources
from service.watching.waiting import Reading

_VARY = {"Vary": "Authorization, Prefer"}


async def answer(
    resources: Resources, caller: Actor, request: Request, job_id: str, prefer: str | None, known: str | None
) -> Response:
    """The job, held back until there is news where the client prefers that; 304 where it has it already.

    Who waits and says what it has is held back while that is all there is, and so misses nothing in between.

    Raises:
        ProblemError: the project has no such job (any more).
    """
    waiting, project = resources.waiting, caller.project
    patience = min(_wait_preference(prefer), resources.settings.max_wait_seconds)
    is_held = patience > 0 and not waiting.is_full
    if known is not None and not is_held:
        version = await run_in_threadpool(waiting.version, project, job_id)
        if version is not None and is_known(weak_tag(version), known):
            return Response(None, 304, CACHED | _VARY | {"ETag": weak_tag(version)})
    current = require_found(await run_in_threadpool(waiting.read, project, job_id), "job", job_id)
    if not is_held:
        return _answer(current, known, {})
    has_news = known is not None and not is_known(weak_tag(current.version), known)
    if not (current.is_terminal or has_news):
        news = await waiting.for_news(project, job_id, current, patience, _until_gone(request))
        if news is current:  # what nobody is woken for, such as the estimated finish, has changed since
            news = await run_in_threadpool(waiting.read, project, job_id)
        current = require_found(news, "job", job_id)
    return _answer(current, known, {"Preference-Applied": f"wait={patience:g}"})


def _answer(reading: Reading, known: str | None, more: dict[str, str]) -> Response:
    tag = weak_tag(reading.version)
    headers = CACHED | _VARY | more | {"ETag": tag}
    if is_known(tag, known):
        return Response(None, 304, headers)
    return Response(reading.content, headers=headers, media_type="application/json")


async def _until_gone(request: Request) -> None:
    """Until the client of a request, which has no body, has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _wait_preference(prefer: str | None) -> float:
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*(\d{1,6})", prefer or "")
    return float(found.group(1)) if found else 0.0
