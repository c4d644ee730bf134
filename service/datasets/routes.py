"""``/v1/datasets``: which images there are, and what is known about them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter

from api_schemas.datasets.dataset import Dataset, DatasetList, DatasetState
from api_schemas.datasets.images import DatasetImages
from api_schemas.datasets.references import DatasetReference
from service.auth.actor import Actor, Reader, Submitter
from service.auth.asked import this_request
from service.datasets import images, registration, uploads
from service.datasets.images import Selected, Selection
from service.datasets.ingested import require_ingested
from service.http.bodies import parsed, whole_body
from service.http.caching.tags import NOT_MODIFIED, IfNoneMatch, unchanged, weak_tag
from service.http.examples import DATASET_BODY
from service.http.idempotency import Accepted, IdempotencyKey
from service.http.media_types import is_multipart
from service.http.negotiation import PNG, Accept, words_or_picture
from service.http.openapi import problems
from service.http.problem_types import (
    DATASET_IN_USE,
    IMAGES_REFUSED,
    INVALID_REQUEST,
    NOT_FOUND,
    UPLOADED_OR_REFERENCE_REFUSED,
)
from service.http.problems import require_found
from service.resources import Resources, Shared
from store.files import snapshots
from store.ids import IDENTIFIER
from store.rows import datasets
from store.rows.tables import DatasetRow
from store.rows.told import read_once

router = APIRouter(prefix="/v1/datasets", tags=["datasets"])

Kind = Literal["builtin", "upload", "path", "url", "s3", "gs", "huggingface"]
_REFERENCE: TypeAdapter[DatasetReference] = TypeAdapter(DatasetReference)
_KEPT_BY_BROWSERS = "private, max-age=3600"
"""Of a single image: a dataset's images never change, and pages show the same ones again and again."""
_SHEET = {"description": "The contact sheet, or which images are on it.", "content": {PNG: {}}}


@router.post(
    "",
    status_code=202,
    response_model=Dataset,
    summary="Register a dataset, or upload one",
    openapi_extra=DATASET_BODY,
    responses={
        200: {"model": Dataset, "description": "It is ready already."},
        **problems(*UPLOADED_OR_REFERENCE_REFUSED),
    },
)
async def add_dataset(
    resources: Shared, caller: Submitter, request: Request, idempotency_key: IdempotencyKey = None
) -> Response:
    """Have images read, measured and stored, once: the same reference again gives the same dataset.

    The body is a reference as JSON, or a form with the part ``file`` and the options of a reference as further
    parts. The file may be an archive of class folders, a manifest with images, npz, IDX, Parquet or TFRecord.
    202 while the images are being read; look at ``Location`` until ``is_terminal``.
    """
    if not is_multipart(request.headers.get("content-type", "")):
        content = await whole_body(request)
        reference = await resources.capacity.for_body(len(content)).run(parsed, content, _REFERENCE)
        accepted = await run_in_threadpool(_register, resources, caller, reference, idempotency_key)
    else:
        folder = resources.settings.data_dir.resolve() / "incoming"
        async with uploads.receive_form(request, folder, resources) as form:
            reference = uploads.reference_of(form)
            await run_in_threadpool(
                registration.require_not_reused, resources, caller.project, reference, idempotency_key
            )
            await run_in_threadpool(uploads.store, resources.artifacts, caller.project, form)
            accepted = await run_in_threadpool(_register, resources, caller, reference, idempotency_key)
    return accepted.response("/v1/datasets", 200 if accepted.body["state"] == DatasetState.READY else 202)


def _register(resources: Resources, caller: Actor, reference: DatasetReference, key: str | None) -> Accepted:
    return registration.register(resources, registration.resolve(resources, caller.project, reference, "body"), key)


@router.get(
    "",
    response_model=DatasetList,
    summary="List datasets, newest first",
    responses=NOT_MODIFIED | problems(INVALID_REQUEST),
)
def list_datasets(
    resources: Shared,
    caller: Reader,
    response: Response,
    state: DatasetState | None = None,
    kind: Annotated[Kind | None, Query(description="Of the reference.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=IDENTIFIER, description="next_cursor of the page before.")] = None,
    if_none_match: IfNoneMatch = None,
) -> DatasetList | Response:
    """One page; more pages by ``next_cursor``."""
    part: dict[str, Any] = {"limit": limit, "cursor": cursor, "state": state, "kind": kind}
    with resources.database.reading() as session:
        tag = weak_tag(datasets.page_version(session, caller.project, **part))
        return unchanged(response, tag, if_none_match) or datasets.page(session, caller.project, **part)


@router.get(
    "/{dataset_id}",
    response_model=Dataset,
    summary="A dataset's state and facts",
    responses=NOT_MODIFIED | problems(NOT_FOUND, INVALID_REQUEST),
)
def get_dataset(
    resources: Shared, caller: Reader, response: Response, dataset_id: str, if_none_match: IfNoneMatch = None
) -> Dataset | Response:
    """The dataset as it is now, with the step that its ingestion is at."""
    with resources.database.reading() as session:
        version = read_once.version_of(session, DatasetRow, caller.project, dataset_id)
        tag = weak_tag(require_found(version, "dataset", dataset_id))
        same = unchanged(response, tag, if_none_match)
        row = None if same else datasets.get(session, caller.project, dataset_id)
        return same or datasets.to_wire(require_found(row, "dataset", dataset_id))


@router.get(
    "/{dataset_id}/images",
    response_model=DatasetImages,
    summary="Look at a dataset's images",
    responses={200: _SHEET, **problems(INVALID_REQUEST, *IMAGES_REFUSED)},
)
async def show_images(
    resources: Shared, caller: Reader, dataset_id: str, selection: Selected, accept: Accept = None
) -> Response:
    """A page of images in an order that is drawn from the seed, as they are stored, with their classes below them."""
    row = await run_in_threadpool(_row_of, resources, caller, dataset_id)
    require_ingested(row)
    return await resources.capacity.previews.run(_shown, resources, row, selection, accept)


def _shown(resources: Resources, row: DatasetRow, selection: Selection, accept: str | None) -> Response:
    page = images.page_of(resources, row, selection)
    if selection.index is not None:
        shown = words_or_picture(accept, lambda: images.as_json(page), lambda: images.one_as_png(page, selection.scale))
        shown.headers["Cache-Control"] = _KEPT_BY_BROWSERS
        return shown
    return words_or_picture(accept, lambda: images.as_json(page), lambda: images.as_png(page, selection.scale))


@router.delete(
    "/{dataset_id}",
    status_code=204,
    summary="Delete a dataset",
    responses=problems(NOT_FOUND, DATASET_IN_USE),
)
def delete_dataset(resources: Shared, caller: Submitter, dataset_id: str) -> None:
    """Give up a dataset that no unfinished job needs. Its files are removed a little later.

    One that is being read is stopped, and is gone once its worker has noticed.
    """
    with resources.database.writing() as session:
        row = require_found(datasets.get(session, caller.project, dataset_id), "dataset", dataset_id)
        session.refresh(row, with_for_update=True)
        jobs = datasets.jobs_in_need(session, dataset_id)
        if jobs:
            detail = f"unfinished jobs need the dataset: {', '.join(jobs)}; cancel them, or wait for them"
            raise DATASET_IN_USE.error(detail)
        now = resources.database.now(session)
        datasets.delete(session, dataset_id, now)
        this_request().note(session, caller.project, now, dataset_id)
    snapshots.let_go_of_maps()


def _row_of(resources: Resources, caller: Actor, dataset_id: str) -> DatasetRow:
    with resources.database.reading() as session:
        return require_found(datasets.get(session, caller.project, dataset_id), "dataset", dataset_id)
