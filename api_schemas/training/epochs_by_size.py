"""Numbers of epochs, which may be left to what data of that size need; trainings of jobs that train one spec."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.training.settings import MIN_EPOCHS_BY_SIZE, TrainingOptions, with_epochs

MAX_EPOCHS_BY_SIZE = 200
MIN_STEPS = 1200
"""A network that is trained from scratch gets so many steps, unless that takes more epochs than the bound."""
MIN_STEPS_WITH_WEIGHTS = 600
"""A model that brings weights has learned part of it."""

RULE_BY_SIZE = (
    f"'by_size' (default): {MIN_EPOCHS_BY_SIZE}, or as many as make {MIN_STEPS:,} steps of the optimizer where the "
    f"images that are trained on are few, up to {MAX_EPOCHS_BY_SIZE}; {MIN_STEPS_WITH_WEIGHTS} steps are enough for a "
    "model that brings weights. The plan says the number"
)


def form_of_epochs(value: Any) -> str:
    """The tag of a number of epochs, as it was sent."""
    return "rule" if isinstance(value, str) else "count"


Count = Annotated[int, Field(ge=1, le=1000), Tag("count")]
EpochsOrSize = Annotated[Count | Annotated[Literal["by_size"], Tag("rule")], Discriminator(form_of_epochs)]


class JobTraining(TrainingOptions):
    """How the spec of a training job is trained."""

    epochs: EpochsOrSize = Field("by_size", description=f"A number, or {RULE_BY_SIZE}.", examples=[30, "by_size"])

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        require_trainable_for(self, self.epochs if isinstance(self.epochs, int) else MIN_EPOCHS_BY_SIZE)
        return self


def require_trainable_for(training: TrainingOptions, epochs: int) -> None:
    """Refuse settings that contradict themselves in a training of that length.

    Raises:
        PydanticCustomError: they do, and how.
    """
    try:
        with_epochs(training, epochs)
    except ValidationError as error:
        raise PydanticCustomError("training_rule", error.errors(include_url=False)[0]["msg"]) from None
