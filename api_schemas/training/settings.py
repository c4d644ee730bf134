"""How every arm is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api_schemas.base import RequestModel


class TrainingSettings(RequestModel):
    """How every arm is trained."""

    epochs: int = Field(30, ge=1, le=1000)
    batch_size: int = Field(32, ge=1, le=4096)
    optimizer: Literal["adam", "sgd"] = "adam"
    learning_rate: float = Field(1e-3, gt=0, le=10)


def with_epochs(training: TrainingSettings, epochs: int) -> TrainingSettings:
    """The same training as a whole schedule of another length.

    Raises:
        ValidationError: the other settings do not allow that length.
    """
    return TrainingSettings.model_validate(training.model_dump(exclude_unset=True) | {"epochs": epochs})
