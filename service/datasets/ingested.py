"""Whether the images of a dataset are stored, said to who asks for them."""

from __future__ import annotations

from api_schemas.datasets.dataset import DatasetState
from api_schemas.failures import Failure
from service.http.problem import ProblemError
from service.http.problem_types import DATASET_FAILED, DATASET_NOT_READY
from store.rows.tables import DatasetRow

RETRY_AFTER_SECONDS = 2


def require_ingested(row: DatasetRow, failure: Failure | None = None) -> None:
    """Let a dataset pass whose images are stored. *failure* is how the last attempt to read them ended.

    Raises:
        ProblemError: they are not stored, yet or ever.
    """
    if row.state == DatasetState.READY:
        return
    if row.state == DatasetState.FAILED:
        raise failed(Failure.model_validate(row.error))
    again = f" once more, after {failure.message}" if failure else ""
    detail = (
        f"dataset {row.id} is {row.state}: its images are being read{again}; send the request again in a few seconds, "
        f"or look at /v1/datasets/{row.id}"
    )
    raise DATASET_NOT_READY.error(detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def failed(failure: Failure) -> ProblemError:
    """409 for a dataset that will not become ready."""
    return DATASET_FAILED.error(f"the dataset could not be read: {failure.message}")
