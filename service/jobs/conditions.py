"""Other datasets that models are to be judged on: whether they can be, before anything is stored."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetState
from api_schemas.jobs import ComparisonRequest, JobRequest
from api_schemas.training.conditions import OtherDataset
from augury.field_problems import shown
from augury.planning.conditions import dataset_obstacle
from service.datasets.registration import facts_of
from service.http.problem_types import INVALID_REQUEST
from store.rows import datasets
from store.rows.tables import DatasetRow


def require_judgeable(session: Session, project: str, request: JobRequest, dataset: DatasetRow | None) -> None:
    """Refuse conditions on datasets that are not ready, or whose images are none for models of this one.

    Args:
        session: to look the others up in.
        project: whose request it is.
        request: of any kind.
        dataset: that is trained on, as far as it is known; a worker looks again.

    Raises:
        ProblemError: one of them cannot be used.
    """
    if not isinstance(request, ComparisonRequest) or request.evaluation.conditions == "all":
        return
    for index, condition in enumerate(request.evaluation.conditions):
        if not isinstance(condition, OtherDataset):
            continue
        obstacle = _obstacle(datasets.get(session, project, condition.dataset), dataset)
        if obstacle is not None:
            location, got = f"body.evaluation.conditions[{index}].dataset", shown(condition.dataset)
            raise INVALID_REQUEST.error_at(
                location, f"got {got}: {obstacle}", "the models cannot be judged on that dataset; nothing was stored"
            )


def _obstacle(other: DatasetRow | None, own: DatasetRow | None) -> str | None:
    if other is None:
        return "there is no such dataset; see GET /v1/datasets"
    if other.state != DatasetState.READY:
        return f"it is {other.state}; it can be used once it is ready"
    if own is not None and (other.id == own.id or other.digest == own.digest):
        return "these are the images that the models are trained on"
    facts, of_other = facts_of(own), facts_of(other)
    return dataset_obstacle(facts, of_other) if facts is not None and of_other is not None else None
