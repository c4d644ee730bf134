"""``/v1/previews``: look at what a spec does before anything is trained on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from api_schemas.previews import Preview, PreviewRequest
from service.auth.actor import Submitter
from service.auth.asked import this_request
from service.http.bodies import CheckedBodyRoute
from service.http.examples import PREVIEW_EXAMPLES
from service.http.negotiation import PNG, Accept, words_or_picture
from service.http.openapi import problems
from service.http.problem_rows.quotas import STORED_OVER_QUOTA
from service.http.problem_types import IMAGES_REFUSED, JSON_REFUSED
from service.resources import Resources, Shared
from service.specs import previews

router = APIRouter(prefix="/v1/previews", tags=["previews"], route_class=CheckedBodyRoute)

_SHEET = {"description": "The contact sheet, or what was drawn for it.", "content": {PNG: {}}}


@router.post(
    "",
    response_model=Preview,
    summary="Show images beside their augmentations",
    responses={200: _SHEET, **problems(*JSON_REFUSED, *IMAGES_REFUSED, *STORED_OVER_QUOTA)},
)
async def preview(
    resources: Shared,
    caller: Submitter,
    request: Annotated[PreviewRequest, Body(openapi_examples=PREVIEW_EXAMPLES)],
    accept: Accept = None,
) -> Any:
    """A contact sheet: originals in the first column, what the spec's random transforms make of them beside it.

    Pixels are raw values before the spec's preprocessing, clipped to what can be displayed. A dataset that is not
    ready is answered with 409 and ``Retry-After``; asking for it is enough to have it read.
    """
    this_request().changes_nothing()
    return await resources.capacity.previews.run(_drawn, resources, caller.project, request, accept)


def _drawn(resources: Resources, project: str, request: PreviewRequest, accept: str | None) -> Response:
    prepared = previews.prepare(resources, project, request)
    return words_or_picture(accept, prepared.as_json, prepared.as_png)
