"""``/v1/previews``: look at what a spec does before anything is trained on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from api_schemas.previews import Preview, PreviewRequest
from service.http.examples import PREVIEW_EXAMPLES
from service.http.negotiation import JSON, PNG, Accept, prefers_json
from service.http.openapi import problems
from service.http.problem_types import (
    BUSY,
    DATASET_FAILED,
    DATASET_NOT_READY,
    IMAGES_UNAVAILABLE,
    JSON_REFUSED,
    NOT_FOUND,
)
from service.resources import Shared
from service.specs import previews

router = APIRouter(prefix="/v1/previews", tags=["previews"])

_SHEET = {"description": "The contact sheet, or what was drawn for it.", "content": {PNG: {}}}


@router.post(
    "",
    response_model=Preview,
    summary="Show images beside their augmentations",
    responses={
        200: _SHEET,
        **problems(*JSON_REFUSED, NOT_FOUND, DATASET_NOT_READY, DATASET_FAILED, BUSY, IMAGES_UNAVAILABLE),
    },
)
def preview(
    resources: Shared,
    request: Annotated[PreviewRequest, Body(openapi_examples=PREVIEW_EXAMPLES)],
    accept: Accept = None,
) -> Any:
    """A contact sheet: originals in the first column, what the spec's random transforms make of them beside it.

    Pixels are raw values before the spec's preprocessing, clipped to what can be displayed. A dataset that is not
    ready is answered with 409 and ``Retry-After``; asking for it is enough to have it read.
    """
    with previews.preview_slot():
        prepared = previews.prepare(resources, request)
        if prefers_json(accept):
            return Response(previews.as_json(prepared).model_dump_json(), media_type=JSON, headers={"Vary": "Accept"})
        return Response(previews.as_png(prepared, request), media_type=PNG, headers={"Vary": "Accept"})
