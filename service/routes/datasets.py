"""``/v1/datasets``: what is known about the images."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api_schemas.datasets import Dataset, DatasetList, DatasetState
from service.openapi import problems
from service.problems import not_found
from service.resources import Shared
from store import datasets
from store.ids import IDENTIFIER, is_identifier
from store.tables import DatasetRow

router = APIRouter(prefix="/v1/datasets", tags=["datasets"])


@router.get("", summary="List datasets, newest first", responses=problems(422))
def list_datasets(
    resources: Shared,
    state: DatasetState | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=IDENTIFIER, description="next_cursor of the page before.")] = None,
) -> DatasetList:
    """One page; more pages by ``next_cursor``."""
    with resources.database.reading() as session:
        return datasets.page(session, limit=limit, cursor=cursor, state=state)


@router.get("/{dataset_id}", summary="A dataset's state and facts", responses=problems(404))
def get_dataset(resources: Shared, dataset_id: str) -> Dataset:
    """The dataset as it is now."""
    with resources.database.reading() as session:
        row = session.get(DatasetRow, dataset_id) if is_identifier(dataset_id) else None
    if row is None:
        raise not_found("dataset", dataset_id)
    return datasets.to_wire(row)
