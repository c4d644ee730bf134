"""``/v1/models``: models with weights, to be trained further."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter, ValidationError

from api_schemas.models.model import Model, ModelList, ModelState
from api_schemas.models.references import ModelReference, UploadedModel
from service.auth.actor import Reader, Submitter
from service.auth.asked import this_request
from service.datasets import uploads
from service.datasets.multipart import FileForm
from service.http.bodies import parsed, whole_body
from service.http.caching.tags import NOT_MODIFIED, IfNoneMatch, unchanged, weak_tag
from service.http.idempotency import IdempotencyKey
from service.http.media_types import is_multipart
from service.http.openapi import problems
from service.http.problem_types import (
    INVALID_REQUEST,
    MODEL_IN_USE,
    NOT_FOUND,
    UPLOADED_OR_REFERENCE_REFUSED,
)
from service.http.problems import invalid_part, require_found
from service.models import registration
from service.models.examples import MODEL_BODY
from service.resources import Shared
from store.ids import IDENTIFIER
from store.rows.models import registered
from store.rows.tables import RegisteredModelRow
from store.rows.told import read_once

router = APIRouter(prefix="/v1/models", tags=["models"])

_REFERENCE: TypeAdapter[ModelReference] = TypeAdapter(ModelReference)
_FIELDS = ("architecture",)


@router.post(
    "",
    status_code=202,
    response_model=Model,
    summary="Register a model with its weights, or upload one",
    openapi_extra=MODEL_BODY,
    responses={
        200: {"model": Model, "description": "It is ready already."},
        **problems(*UPLOADED_OR_REFERENCE_REFUSED),
    },
)
async def add_model(
    resources: Shared, caller: Submitter, request: Request, idempotency_key: IdempotencyKey = None
) -> Response:
    """Have a model file checked and stored, once: the same reference again gives the same model.

    The body is a reference as JSON, or a form with the part ``file``: a .keras file of Keras 3, or .weights.h5 or
    .safetensors with the part ``architecture``. 202 while it is being read; look at ``Location`` until ``is_terminal``.
    """
    project = caller.project
    if not is_multipart(request.headers.get("content-type", "")):
        content = await whole_body(request)
        reference = await resources.capacity.for_body(len(content)).run(parsed, content, _REFERENCE)
        accepted = await run_in_threadpool(registration.register, resources, project, reference, idempotency_key)
    else:
        folder = resources.settings.data_dir.resolve() / "incoming"
        async with uploads.receive_form(request, folder, resources, _FIELDS) as form:
            reference = _uploaded(form)
            await run_in_threadpool(registration.require_not_reused, resources, project, reference, idempotency_key)
            await run_in_threadpool(uploads.store, resources.artifacts, project, form)
            accepted = await run_in_threadpool(registration.register, resources, project, reference, idempotency_key)
    return accepted.response("/v1/models", 200 if accepted.body["state"] == ModelState.READY else 202)


@router.get(
    "",
    response_model=ModelList,
    summary="List models, newest first",
    responses=NOT_MODIFIED | problems(INVALID_REQUEST),
)
def list_models(
    resources: Shared,
    caller: Reader,
    response: Response,
    state: ModelState | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=IDENTIFIER, description="next_cursor of the page before.")] = None,
    if_none_match: IfNoneMatch = None,
) -> ModelList | Response:
    """One page, without the models' layers; more pages by ``next_cursor``."""
    part: dict[str, Any] = {"limit": limit, "cursor": cursor, "state": state}
    with resources.database.reading() as session:
        tag = weak_tag(registered.page_version(session, caller.project, **part))
        return unchanged(response, tag, if_none_match) or registered.page(session, caller.project, **part)


@router.get(
    "/{model_id}",
    response_model=Model,
    summary="A model's state and layers",
    responses=NOT_MODIFIED | problems(NOT_FOUND, INVALID_REQUEST),
)
def get_model(
    resources: Shared, caller: Reader, response: Response, model_id: str, if_none_match: IfNoneMatch = None
) -> Model | Response:
    """The model as it is now: its layers, weights, input and output, once it is ready."""
    with resources.database.reading() as session:
        version = read_once.version_of(session, RegisteredModelRow, caller.project, model_id)
        tag = weak_tag(require_found(version, "model", model_id))
        same = unchanged(response, tag, if_none_match)
        row = None if same else registered.get(session, caller.project, model_id)
        return same or registered.to_wire(require_found(row, "model", model_id))


@router.delete(
    "/{model_id}",
    status_code=204,
    response_class=Response,
    summary="Delete a model",
    responses=problems(NOT_FOUND, MODEL_IN_USE),
)
def delete_model(resources: Shared, caller: Submitter, model_id: str) -> None:
    """Give up a model that no unfinished job trains. Its files are removed a little later."""
    with resources.database.writing() as session:
        row = require_found(registered.get(session, caller.project, model_id), "model", model_id)
        session.refresh(row, with_for_update=True)
        jobs = registered.jobs_in_need(session, row)
        if jobs:
            detail = f"unfinished jobs need the model: {', '.join(jobs)}; cancel them, or wait for them"
            raise MODEL_IN_USE.error(detail)
        now = resources.database.now(session)
        registered.delete(session, row, now)
        this_request().note(session, caller.project, now, model_id)


def _uploaded(form: FileForm) -> UploadedModel:
    """The reference that the file and the other field stand for.

    Raises:
        ProblemError: the field is not as expected.
    """
    body: dict[str, Any] = {name: uploads.json_or_text(text) for name, text in form.fields.items()}
    try:
        return UploadedModel.model_validate({"kind": "upload", "sha256": form.sha256, **body})
    except ValidationError as error:
        raise invalid_part(error, body) from None
