"""``/playground``: the page, and what its script asks for beside the interface."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.jobs import ComparisonRequest
from api_schemas.previews import MAX_OWN_SIDE, MAX_ROUNDS
from augury.exports.options import ExportOptions
from service.auth.actor import Reader
from service.http.bodies import parsed
from service.resources import Shared
from service.web.playground import code, dose, form
from service.web.playground.start import MODELS, image_size_of, metric_names, start
from service.web.rendering import HEADERS, page

router = APIRouter(prefix="/playground", include_in_schema=False)

MAX_SPEC_LENGTH = 4_000
"""Of a spec in an address; servers and proxies take some 8,000 characters in all."""
MAX_REQUEST_LENGTH = 6_000

SpecText = Annotated[str, Query(max_length=MAX_SPEC_LENGTH)]
_SPEC: TypeAdapter[ImageDataGeneratorSpec] = TypeAdapter(ImageDataGeneratorSpec)
_COMPARISON: TypeAdapter[ComparisonRequest] = TypeAdapter(ComparisonRequest)


@router.get("")
def playground(
    request: Request,
    resources: Shared,
    caller: Reader,
    spec: Annotated[str | None, Query(max_length=MAX_SPEC_LENGTH)] = None,
    dataset: Annotated[str | None, Query(max_length=100, pattern=r"^[a-z0-9_]+$")] = None,
    source: Annotated[str | None, Query(alias="from", max_length=140)] = None,
) -> Response:
    """A spec by form and as JSON, with what it does to images."""
    with resources.database.reading() as session:
        begun = start(session, caller.project, resources.ingest, spec=spec, dataset=dataset, source=source)
    return page(
        request, "playground/playground.html.j2", title="Playground", place="playground", start=begun,
        groups=form.groups(), models=MODELS, metrics=metric_names(), max_dose=dose.MAX_DOSE, max_rounds=MAX_ROUNDS,
        max_side=MAX_OWN_SIDE, max_spec_length=MAX_SPEC_LENGTH, max_request_length=MAX_REQUEST_LENGTH,
    )  # fmt: skip


@router.get("/dose")
def at_dose(
    _caller: Reader, spec: SpecText, strength: Annotated[float, Query(alias="dose", ge=0, le=dose.MAX_DOSE)]
) -> Response:
    """The spec at a dose, and a sentence that says what of it is scaled, as JSON for the page's script."""
    dosed = dose.at_dose(parsed(spec.encode(), _SPEC), strength)
    content = json.dumps({"spec": dosed.spec, "sentence": dosed.sentence(strength)})
    return Response(content, headers=HEADERS, media_type="application/json")


@router.get("/parts/code")
def copies(
    request: Request,
    resources: Shared,
    caller: Reader,
    body: Annotated[str, Query(alias="request", max_length=MAX_REQUEST_LENGTH)],
) -> Response:
    """The spec and its comparison, to be copied."""
    comparison = parsed(body.encode(), _COMPARISON)
    address = str(request.base_url).rstrip("/")
    takes_key = caller.key_id is not None or caller.subject is not None
    with resources.database.reading() as session:
        size = image_size_of(session, caller.project, comparison.dataset)
    options = ExportOptions(image_size=size)
    made = code.snippets(comparison.candidates[0].spec, json.loads(body), address, options, takes_key=takes_key)
    return page(request, "playground/code.html.j2", snippets=made)
