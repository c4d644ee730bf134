"""What to use instead: a spec that was derived from evidence, and how."""

from __future__ import annotations

from pydantic import Field

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import Body


class Change(Body):
    """One parameter of the recommendation that differs from the spec it starts from."""

    parameter: str
    before: float | list[float] | bool | str | None
    after: float | list[float] | bool | str | None
    reason: str


class RecommendedSpec(Body):
    """What to use instead, before and after it was put to the test."""

    starts_from: str = Field(description="The candidate whose spec was changed; 'baseline' where none is worth it.")
    spec: ImageDataGeneratorSpec
    changes: list[Change]
    is_no_augmentation: bool
    sentence: str
