"""Serving a stored report in the form that the client asks for."""

from __future__ import annotations

from fastapi import Response

from augury.field_problems import shown
from service.http.caching.tags import CACHED, is_known, strong_tag
from service.http.negotiation import JSON, acceptable
from service.http.problem_types import NOT_ACCEPTABLE, NOT_FOUND
from service.resources import Resources
from store.files.artifacts import ArtifactMissingError

HTML, MARKDOWN = "text/html", "text/markdown"
SUFFIXES = {JSON: ".json", HTML: ".html", MARKDOWN: ".md"}
"""What is offered, best first for whoever takes anything, and how the files end that lie beside each other."""

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_HEADERS = CACHED | {"Vary": "Accept, Authorization", "X-Content-Type-Options": "nosniff"}
_HEADERS_OF = {HTML: {"Content-Security-Policy": _POLICY}}


def answer(resources: Resources, job_id: str, artifact: str, accept: str | None, known: str | None) -> Response:
    """The report in the best form that the client takes and that is stored.

    Args:
        resources: the service's own.
        job_id: whose report it is, for messages.
        artifact: the name of the report's JSON file.
        accept: the request's ``Accept``.
        known: its ``If-None-Match``; what the client has already is answered with 304.

    Raises:
        ProblemError: 406 when the client takes none of the forms, 404 when none that it takes is stored.
    """
    accepted = acceptable(accept, list(SUFFIXES))
    if not accepted:
        offered = ", ".join(SUFFIXES)
        detail = f"a report can be had as {offered}; got Accept: {shown(accept)}"
        raise NOT_ACCEPTABLE.error(detail, headers=_HEADERS)
    stem = artifact.removesuffix(SUFFIXES[JSON])
    for media_type in accepted:
        try:
            content = resources.artifacts.read(stem + SUFFIXES[media_type])
        except ArtifactMissingError:
            continue
        return _response(content, media_type, known)
    forms = " or ".join(accepted)
    raise NOT_FOUND.error(f"the report of job {shown(job_id)} is not stored as {forms}")


def _response(content: bytes, media_type: str, known: str | None) -> Response:
    tag = strong_tag(content)
    headers = _HEADERS | _HEADERS_OF.get(media_type, {}) | {"ETag": tag}
    if is_known(tag, known):
        return Response(None, 304, headers)
    return Response(content, 200, headers, media_type)
