"""``/v1/exports``: a spec in the words of other libraries."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body

from api_schemas.exports.export import Export, ExportRequest
from augury.exports import export
from augury.exports.options import ExportOptions
from service.auth.actor import Reader
from service.auth.asked import this_request
from service.http.bodies import CheckedBodyRoute
from service.http.openapi import problems
from service.http.problem_types import JSON_REFUSED

router = APIRouter(prefix="/v1/exports", tags=["exports"], route_class=CheckedBodyRoute)

EXPORT_EXAMPLES: Any = {
    "exact_layer": {
        "summary": "One Keras layer that does exactly what the spec says",
        "value": {
            "target": "keras",
            "spec": {"rotation_range": 15, "zoom_range": 0.1, "horizontal_flip": True, "rescale": 0.00392156862745098},
        },
    },
    "stock_layers": {
        "summary": "The layers that Keras brings, for images whose size is known",
        "value": {
            "target": "keras-layers",
            "spec": {"rotation_range": 15, "width_shift_range": 4.0, "brightness_range": [0.8, 1.2]},
            "image_size": [96, 96],
        },
    },
}


@router.post("", summary="Write a spec down for another library", responses=problems(*JSON_REFUSED))
def write_down(
    caller: Reader,
    request: Annotated[ExportRequest, Body(openapi_examples=EXPORT_EXAMPLES)],
) -> Export:
    """Code or a configuration that can be used as it is, and everything that it does otherwise than the spec.

    Its class is the worst of its differences: exact, same_distribution, approximate or not_expressible.
    """
    this_request().changes_nothing()
    return export(request.spec, request.target, ExportOptions.of(request))
