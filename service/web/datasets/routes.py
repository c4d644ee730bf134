"""``/datasets``: which images there are, and what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api_schemas.datasets.dataset import Dataset, DatasetState
from api_schemas.plain_text import PlainText
from service.auth.actor import Actor, Reader
from service.datasets import images
from service.datasets.images import Selection
from service.http.problems import require_found
from service.resources import Resources, Shared
from service.web.datasets import details, listing, sources, words
from service.web.rendering import page
from store.ids import IDENTIFIER
from store.rows import datasets
from store.rows.tables import DatasetRow
from store.rows.views import job_views
from store.rows.views.job_views import JobFilter

router = APIRouter(include_in_schema=False)

_JOBS_SHOWN = 20
Cursor = Annotated[str | None, Query(pattern=IDENTIFIER)]
Split = Literal["train", "validation", "test"]
Narrowed = Annotated[PlainText, Query(alias="class", max_length=1000)]
Word = Annotated[str, Query(max_length=20)]
"""Of a filter. A form sends what is not chosen as nothing; what is no state and no kind finds nothing."""


@router.get("/datasets")
def show_datasets(
    request: Request, resources: Shared, caller: Reader, state: Word = "", kind: Word = "", cursor: Cursor = None
) -> Response:
    """The list, and how one is added."""
    return _list_page(request, resources, caller, "datasets/datasets.html.j2", state, kind, cursor)


@router.get("/datasets/parts/list")
def show_list(
    request: Request, resources: Shared, caller: Reader, state: Word = "", kind: Word = "", cursor: Cursor = None
) -> Response:
    """The list alone, as it is now."""
    return _list_page(request, resources, caller, "datasets/list.html.j2", state, kind, cursor)


def _list_page(
    request: Request, resources: Resources, caller: Actor, template: str, state: str, kind: str, cursor: str | None
) -> Response:
    with resources.database.reading() as session:
        found = listing.listing(session, caller.project, state=state or None, kind=kind or None, cursor=cursor)
    ingest = resources.ingest
    return page(
        request, template, title="Datasets", place="datasets", listing=found, states=listing.STATES,
        kinds=listing.KINDS, sources=sources.allowed(ingest), closed=sources.not_allowed(ingest),
        max_bytes=ingest.max_bytes, max_size=sources.bytes_in_words(ingest.max_bytes),
    )  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """A dataset, its row, and the jobs that train on it."""

    dataset: Dataset
    row: DatasetRow
    jobs: Any
    in_the_way: list[str]


def _find(resources: Resources, caller: Actor, dataset_id: str) -> _Found:
    with resources.database.reading() as session:
        row = require_found(datasets.get(session, caller.project, dataset_id), "dataset", dataset_id)
        narrowed = JobFilter(dataset_id=row.id)
        jobs = job_views.page(session, caller.project, narrowed, limit=_JOBS_SHOWN, cursor=None)
        return _Found(datasets.to_wire(row), row, jobs, datasets.jobs_in_need(session, row.id))


@router.get("/datasets/{dataset_id}")
async def show_dataset(
    request: Request,
    resources: Shared,
    caller: Reader,
    dataset_id: str,
    class_name: Narrowed = "",
    split: Split | Literal[""] = "",
    number: Annotated[int, Query(alias="page", ge=0, le=10_000_000)] = 0,
) -> Response:
    """One dataset, with a page of its images once it is read."""
    asked = {"class": class_name or None, "split": split or None, "page": number, "count": details.IMAGES_ON_A_PAGE}
    selection = Selection.model_validate(asked)
    return await resources.capacity.previews.run(_dataset_page, request, resources, caller, dataset_id, selection)


def _dataset_page(
    request: Request, resources: Resources, caller: Actor, dataset_id: str, selection: Selection
) -> Response:
    found = _find(resources, caller, dataset_id)
    facts = found.dataset.facts
    is_ready = found.dataset.state == DatasetState.READY and facts is not None
    gallery = None
    if is_ready and facts is not None:
        gallery = details.gallery_of(images.page_of(resources, found.row, selection), selection)
    return page(
        request, "datasets/dataset.html.j2", title=words.name_of(found.dataset.reference), place="datasets",
        found=found, line=listing.line_of(found.dataset, len(found.jobs.items)), gallery=gallery, selection=selection,
        contents=details.contents_of(facts) if facts is not None else None, next_step=words.next_step(found.dataset),
    )  # fmt: skip


@router.get("/datasets/{dataset_id}/parts/state")
def show_state(request: Request, resources: Shared, caller: Reader, dataset_id: str) -> Response:
    """What is being done to a dataset; once that is over, the whole page is due."""
    found = _find(resources, caller, dataset_id)
    answer = page(
        request, "datasets/state.html.j2", found=found, next_step=words.next_step(found.dataset),
        line=listing.line_of(found.dataset, len(found.jobs.items)),
    )  # fmt: skip
    if found.dataset.is_terminal:
        answer.headers["HX-Refresh"] = "true"
    return answer
