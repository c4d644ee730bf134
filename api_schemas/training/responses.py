"""Asking how a difference depends on the training budget, and on the number of images."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

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
    Field(min_length=MIN_LEVELS, max_length=MAX_LEVELS, json_schema_extra=_DISTINCT),
    AfterValidator(_require_distinct),
]
"""Numbers of epochs."""

DataResponse = Annotated[
    list[Annotated[float, Field(ge=0.01, le=1)]],
    Field(min_length=MIN_LEVELS, max_length=MAX_LEVELS, json_schema_extra=_DISTINCT),
    AfterValidator(_require_distinct),
]
"""Shares of the training images."""
