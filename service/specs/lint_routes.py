"""``/v1/lint``: what can be said about a spec at once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body

from api_schemas.lint import LintRequest, LintResult
from service.auth.actor import Reader
from service.auth.asked import this_request
from service.http.bodies import CheckedBodyRoute
from service.http.openapi import problems
from service.http.problem_types import JSON_REFUSED
from service.resources import Shared
from service.specs import findings

router = APIRouter(prefix="/v1/lint", tags=["lint"], route_class=CheckedBodyRoute)

LINT_EXAMPLES: Any = {
    "with_dataset": {
        "summary": "A spec that does not do what it says, on digits",
        "value": {
            "spec": {
                "brightness_range": [0.8, 1.2],
                "channel_shift_range": 0.1,
                "samplewise_center": True,
                "samplewise_std_normalization": True,
            },
            "dataset": {"kind": "builtin", "name": "digits"},
        },
    },
    "spec_alone": {
        "summary": "Without a dataset",
        "value": {"spec": {"rotation_range": 0.3, "shear_range": 0.2, "zoom_range": [0.5, 1.0]}},
    },
}


@router.post("", summary="Check a spec without training anything", responses=problems(*JSON_REFUSED))
def lint(
    resources: Shared,
    caller: Reader,
    request: Annotated[LintRequest, Body(openapi_examples=LINT_EXAMPLES)],
) -> LintResult:
    """Findings, gravest first, and the measurements behind them.

    With a dataset that the service knows, its image sizes, values and class names are used; otherwise 8-bit images
    of 64×64 are assumed, and rules that need facts stay silent.
    """
    this_request().changes_nothing()
    return findings.answer(resources, caller.project, request)
