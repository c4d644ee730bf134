"""Asking how a difference depends on the training budget, and on the number of images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from api_schemas.training.settings import TrainingOptions, with_epochs

MIN_LEVELS = 2
MAX_LEVELS = 5
_DISTINCT = {"uniqueItems": True}


def _require_distinct(levels: list[float]) -> list[float]:
    repeated = sorted({each for each in levels if levels.count(each) > 1})
    if repeated:
        context = {"repeated": ", ".join(f"{each:g}" for each in repeated)}
        raise PydanticCustomError("repeated_level", "each is named once; repeated: {repeated}", context)
    return levels


BudgetResponse = Annotated[
    list[Annotated[int, Field(ge=1, le=1000)]],
    Field(
        min_length=MIN_LEVELS,
        max_length=MAX_LEVELS,
        json_schema_extra=_DISTINCT,
        description="Numbers of epochs: baseline and candidates are trained anew for each, as whole schedules, on the "
        "first round's seeds, and the report has the difference over the budget. training.epochs decides, and is one "
        "of them, whether or not it is named.",
        examples=[[10, 30, 100]],
    ),
    AfterValidator(_require_distinct),
]
"""Numbers of epochs."""

DataResponse = Annotated[
    list[Annotated[float, Field(ge=0.01, le=1)]],
    Field(
        min_length=MIN_LEVELS,
        max_length=MAX_LEVELS,
        json_schema_extra=_DISTINCT,
        description="Shares of the training images: the same on so many of them, and what each candidate is worth in "
        "images. All images, 1.0, are one of them, whether or not that is named.",
        examples=[[0.25, 0.5, 1.0]],
    ),
    AfterValidator(_require_distinct),
]
"""Shares of the training images."""


def require_trainable(training: TrainingOptions, budgets: Iterable[int]) -> None:
    """Refuse numbers of epochs that the other settings do not allow.

    Raises:
        PydanticCustomError: the first such number, and why.
    """
    for epochs in budgets:
        try:
            with_epochs(training, epochs)
        except ValidationError as error:
            context = {"epochs": epochs, "reason": error.errors(include_url=False)[0]["msg"]}
            message = "budget_response: the training settings do not allow {epochs} epochs: {reason}"
            raise PydanticCustomError("budget", message, context) from None
