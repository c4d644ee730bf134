"""Datasets on which a trained model is judged beside its own: there, and such that it can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts, DatasetState
from augury.training.errors import UserInputError
from store.rows.tables import DatasetRow


@dataclass(frozen=True)
class Known:
    """A dataset whose images are stored."""

    digest: str
    facts: DatasetFacts


def find(session: Session, dataset_id: str) -> Known | None:
    """The dataset; None for one that is gone."""
    row = session.get(DatasetRow, dataset_id)
    if row is None or row.state != DatasetState.READY or row.digest is None:
        return None
    return Known(row.digest, DatasetFacts.model_validate(row.facts))


def require_own(own: Known | None) -> Known:
    """The dataset that the model was trained on.

    Raises:
        UserInputError: it was deleted.
    """
    if own is None:
        raise UserInputError("the dataset was deleted")
    return own


def require_other(
    dataset_id: str,
    other: Known | None,
    own: Known,
    obstacle_of: Callable[[DatasetFacts, DatasetFacts], str | None],
) -> Known:
    """Another dataset, on which models of the first can be judged.

    Raises:
        UserInputError: it was deleted, or its images are none for such models.
    """
    if other is None:
        raise UserInputError(f"dataset {dataset_id}, on which the models were to be judged, was deleted")
    obstacle = obstacle_of(own.facts, other.facts)
    if obstacle is not None:
        raise UserInputError(f"the models cannot be judged on dataset {dataset_id}: {obstacle}")
    return other
