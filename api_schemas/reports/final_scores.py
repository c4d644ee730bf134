"""What images by which nothing was decided say at the end: an untouched test split, or another dataset."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api_schemas.base import Body
from api_schemas.reports.differences import Difference
from api_schemas.reports.metrics import MetricValues


class FinalScore(Body):
    """One arm on the test images."""

    arm: str
    stands_for: Literal["baseline", "best", "recommendation", "trained"] = Field(
        description="best: the candidate with the highest mean difference; trained: the one arm of a training."
    )
    metrics: dict[str, MetricValues] = Field(description="By name, the deciding one first.")
    difference: Difference | None = Field(
        None, description="To the baseline on the same seeds; the intervals of an arm that is best and of one that is "
        "recommended hold together. Null for the baseline, and where fewer than two seeds have both."
    )  # fmt: skip


class FinalScores(Body):
    """The arms that matter, scored once; nothing was decided by it."""

    split: Literal["test"] | None = Field("test", description="Null where another dataset was scored.")
    dataset: str | None = Field(None, description="The id of the other dataset that was scored.")
    images: int = Field(description="The same for every arm and seed.")
    models_failed: int = Field(0, description="That should have scored the other dataset, and could not.")
    arms: list[FinalScore]
    sentence: str
