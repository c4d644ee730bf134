"""Trainings of comparisons, whose number of epochs may be left to the evidence."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.training.settings import DEFAULT_EPOCHS, TrainingOptions, with_epochs

MIN_AUTOMATIC_EPOCHS = 8
MAX_AUTOMATIC_EPOCHS = 200
"""Between these the number is found. A training that has not levelled off by then is judged as it is, which is said."""


def _form_of_epochs(value: Any) -> str:
    return "automatic" if isinstance(value, str) else "count"


Epochs = Annotated[
    Annotated[int, Field(ge=1, le=1000), Tag("count")] | Annotated[Literal["auto"], Tag("automatic")],
    Discriminator(_form_of_epochs),
]


class ComparisonTraining(TrainingOptions):
    """How every arm of a comparison is trained."""

    epochs: Epochs = Field(
        DEFAULT_EPOCHS,
        description="A number, or 'auto': the baseline is first trained until an inner split of its training images "
        f"says that it has levelled off, which gives every arm's number ({MIN_AUTOMATIC_EPOCHS} to "
        f"{MAX_AUTOMATIC_EPOCHS}); while most trials of an arm still improve, all arms are trained anew for twice as "
        "many, and are judged then.",
        examples=[30, "auto"],
    )

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        if self.epochs == "auto" and self.early_stopping is not None:
            message = "early_stopping ends every training by itself, and epochs 'auto' finds one length: choose one"
            raise PydanticCustomError("training_rule", message)
        shortest = MIN_AUTOMATIC_EPOCHS if self.epochs == "auto" else self.epochs
        try:
            with_epochs(self, shortest)
        except ValidationError as error:
            raise PydanticCustomError("training_rule", error.errors(include_url=False)[0]["msg"]) from None
        return self
