"""Trainings of comparisons, whose number of epochs may be left to the evidence."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.training.epochs_by_size import (
    MAX_EPOCHS_BY_SIZE,
    RULE_BY_SIZE,
    Count,
    JobTraining,
    form_of_epochs,
    require_trainable_for,
)
from api_schemas.training.settings import MIN_EPOCHS_BY_SIZE, TrainingOptions

MIN_AUTOMATIC_EPOCHS = 8
MAX_AUTOMATIC_EPOCHS = 200
"""Between these the number is found. A training that has not levelled off by then is judged as it is, which is said."""

Epochs = Annotated[
    Count | Annotated[Literal["auto", "by_size"], Tag("rule")],
    Discriminator(form_of_epochs),
]


class ComparisonTraining(TrainingOptions):
    """How every arm of a comparison is trained."""

    epochs: Epochs = Field(
        "by_size",
        description=f"A number; or {RULE_BY_SIZE}; or 'auto': the baseline is first trained until an inner split of "
        f"its training images says that it has levelled off, which gives every arm's number ({MIN_AUTOMATIC_EPOCHS} to "
        f"{MAX_AUTOMATIC_EPOCHS}); while most trials of an arm still improve, all arms are trained anew for twice as "
        "many, and are judged then.",
        examples=[30, "by_size", "auto"],
    )

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        if self.epochs == "auto" and self.early_stopping is not None:
            message = "early_stopping ends every training by itself, and epochs 'auto' finds one length: choose one"
            raise PydanticCustomError("training_rule", message)
        require_trainable_for(self, fewest_epochs(self))
        return self


_BOUNDS = {
    "auto": (MIN_AUTOMATIC_EPOCHS, MAX_AUTOMATIC_EPOCHS),
    "by_size": (MIN_EPOCHS_BY_SIZE, MAX_EPOCHS_BY_SIZE),
}
"""Of a number that is not known yet, by what will say it."""


def fewest_epochs(training: ComparisonTraining | JobTraining) -> int:
    """The number of epochs, or the least that it can be where it is not known yet."""
    return training.epochs if isinstance(training.epochs, int) else _BOUNDS[training.epochs][0]


def most_epochs(training: ComparisonTraining | JobTraining) -> int:
    """The number of epochs, or the most that it can be where it is not known yet."""
    return training.epochs if isinstance(training.epochs, int) else _BOUNDS[training.epochs][1]
