"""``/v1/previews``: look at what a spec does before anything is trained on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Response

from api_schemas.previews import Preview, PreviewRequest
from service import previewing
from service.examples import PREVIEW_EXAMPLES
from service.openapi import problems
from service.resources import Shared

router = APIRouter(prefix="/v1/previews", tags=["previews"])

_PNG, _JSON = "image/png", "application/json"
_SHEET = {"description": "The contact sheet, or what was drawn for it.", "content": {_PNG: {}}}


@router.post(
    "",
    response_model=Preview,
    summary="Show images beside their augmentations",
    responses={200: _SHEET, **problems(404, 409, 413, 415, 422, 503)},
)
def preview(
    resources: Shared,
    request: Annotated[PreviewRequest, Body(openapi_examples=PREVIEW_EXAMPLES)],
    accept: Annotated[
        str | None, Header(description="image/png, the default, or application/json for the drawn parameters.")
    ] = None,
) -> Any:
    """A contact sheet: originals in the first column, what the spec's random transforms make of them beside it.

    Pixels are raw values before the spec's preprocessing, clipped to what can be displayed. A dataset that is not
    ready is answered with 409 and ``Retry-After``; asking for it is enough to have it read.
    """
    with previewing.turn():
        prepared = previewing.prepare(resources, request)
        if _prefers_json(accept or ""):
            return Response(
                previewing.as_json(prepared).model_dump_json(), media_type=_JSON, headers={"Vary": "Accept"}
            )
        return Response(previewing.as_png(prepared, request), media_type=_PNG, headers={"Vary": "Accept"})


def _prefers_json(accept: str) -> bool:
    """Whether JSON is named and wanted more than a PNG; who accepts anything gets the PNG."""
    wanted = {}
    for media_range in accept.lower().split(","):
        name, *parameters = (part.strip() for part in media_range.split(";"))
        wanted[name] = _quality(parameters)
    png = max(wanted.get(name, 0.0) for name in (_PNG, "image/*"))
    json = wanted.get(_JSON, 0.0)
    return json > png


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
