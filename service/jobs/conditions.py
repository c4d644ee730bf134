"""Other datasets that models are to be judged on: whether they can be, before anything is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts, DatasetState
from api_schemas.jobs import JobRequest, TrialRequest
from api_schemas.training.conditions import OtherDataset
from augury.field_problems import shown
from augury.planning.conditions import dataset_obstacle
from augury.planning.final_scores import final_scores_problem
from service.datasets.registration import facts_of
from service.http.problem_types import INVALID_REQUEST
from store.rows import datasets
from store.rows.needs import other_datasets
from store.rows.tables import DatasetRow


@dataclass(frozen=True)
class Asked:
    """Another dataset in a request."""

    location: str
    dataset: str
    obstacle: Callable[[DatasetFacts, DatasetFacts], str | None]
    """From the facts of the request's own dataset and of this one to what stands in the way."""


def other_datasets_of(request: JobRequest) -> list[Asked]:
    """Those that models are to be judged on: under conditions, or once at the end."""
    if not isinstance(request, TrialRequest):
        return []
    evaluation = request.evaluation
    named = [] if evaluation.conditions == "all" else evaluation.conditions
    asked = [
        Asked(f"body.evaluation.conditions[{at}].dataset", each.dataset, dataset_obstacle)
        for at, each in enumerate(named)
        if isinstance(each, OtherDataset)
    ]
    if evaluation.test_dataset is not None:
        problem = partial(final_scores_problem, evaluation)
        asked.append(Asked("body.evaluation.test.dataset", evaluation.test_dataset, problem))
    return asked


def require_judgeable(session: Session, project: str, request: JobRequest, dataset: DatasetRow | None) -> None:
    """Refuse other datasets that are not ready, or whose images are none for models of this one.

    In a transaction that writes, they are kept from being deleted until its end.

    Args:
        session: to look the others up in.
        project: whose request it is.
        request: of any kind.
        dataset: that is trained on, as far as it is known; a worker looks again.

    Raises:
        ProblemError: one of them cannot be used.
    """
    for asked in other_datasets_of(request):
        obstacle = _obstacle(asked, other_datasets.hold(session, project, asked.dataset), dataset)
        if obstacle is not None:
            raise INVALID_REQUEST.error_at(
                asked.location, f"got {shown(asked.dataset)}: {obstacle}",
                "the models cannot be judged on that dataset; nothing was stored",
            )  # fmt: skip


def facts_of_test(session: Session, project: str, request: TrialRequest) -> DatasetFacts | None:
    """What is known of the other dataset that is scored at the end; None where there is none."""
    test = request.evaluation.test_dataset
    return None if test is None else facts_of(datasets.get(session, project, test))


def _obstacle(asked: Asked, other: DatasetRow | None, own: DatasetRow | None) -> str | None:
    if other is None or other.state == DatasetState.DELETED:
        return "there is no such dataset; see GET /v1/datasets"
    if other.state != DatasetState.READY:
        return f"it is {other.state}; it can be used once it is ready"
    if own is not None and (other.id == own.id or other.digest == own.digest):
        return "these are the images that the models are trained on"
    facts, of_other = facts_of(own), facts_of(other)
    return asked.obstacle(facts, of_other) if facts is not None and of_other is not None else None
