"""Conditions: other images than the dataset's own on which the models of a comparison are judged as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from api_schemas.base import Body, RequestModel
from api_schemas.datasets.references import DatasetId

ConditionName = Literal[
    "rotated",
    "shifted",
    "scaled",
    "blurred",
    "noisy",
    "jpeg",
    "dimmed",
    "low_contrast",
    "colour_cast",
    "occluded",
]
CONDITION_NAMES: tuple[ConditionName, ...] = get_args(ConditionName)
"""In the order in which they are judged and told where all are asked for."""

MAX_CONDITIONS = 20
MAX_STRENGTH = 5
Strength = Annotated[int, Field(ge=1, le=MAX_STRENGTH)]


class ChangedImages(RequestModel):
    """The validation images, changed in one way."""

    name: ConditionName
    strengths: list[Strength] = Field(
        [1, 2, 3, 4, 5],
        min_length=1,
        max_length=MAX_STRENGTH,
        json_schema_extra={"uniqueItems": True},
        description="From barely visible to severe; each at most once.",
    )


class OtherDataset(RequestModel):
    """The images of another dataset with the same classes, image size and values."""

    dataset: DatasetId = Field(description="Its id. It has to be ready.")


def _form_of_condition(value: Any) -> str:
    if isinstance(value, str):
        return "name"
    is_dataset = isinstance(value, OtherDataset) or (isinstance(value, dict) and "dataset" in value)
    return "dataset" if is_dataset else "changed"


Condition = Annotated[
    Annotated[ConditionName, Tag("name")]
    | Annotated[ChangedImages, Tag("changed")]
    | Annotated[OtherDataset, Tag("dataset")],
    Discriminator(_form_of_condition),
]
"""A name alone stands for all five strengths."""


def _name_of(condition: ConditionName | ChangedImages | OtherDataset) -> str:
    if isinstance(condition, ChangedImages):
        return condition.name
    return condition.dataset if isinstance(condition, OtherDataset) else condition


def _require_each_once(conditions: Any) -> Any:
    if conditions == "all":
        return conditions
    names = [_name_of(each) for each in conditions]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise PydanticCustomError(
            "repeated_condition", f"each condition is named once; repeated: {', '.join(repeated)}"
        )
    for each in conditions:
        if isinstance(each, ChangedImages) and len(set(each.strengths)) < len(each.strengths):
            raise PydanticCustomError("repeated_condition", f"{each.name}: each strength is named once")
    return conditions


def _form_of_conditions(value: Any) -> str:
    return "all" if isinstance(value, str) else "list"


Conditions = Annotated[
    Annotated[Literal["all"], Tag("all")] | Annotated[list[Condition], Field(max_length=MAX_CONDITIONS), Tag("list")],
    Discriminator(_form_of_conditions),
    AfterValidator(_require_each_once),
]
"""What a request asks for; ``all`` is every name at every strength."""


def changed_images(conditions: Conditions) -> list[ChangedImages]:
    """The changes that are asked for, each with its strengths, ascending."""
    named = CONDITION_NAMES if conditions == "all" else conditions
    changes = [ChangedImages(name=each) if isinstance(each, str) else each for each in named]
    return [
        each.model_copy(update={"strengths": sorted(each.strengths)})
        for each in changes
        if isinstance(each, ChangedImages)
    ]


def other_datasets(conditions: Conditions) -> Sequence[str]:
    """The ids of the other datasets that are asked for."""
    return [] if conditions == "all" else [each.dataset for each in conditions if isinstance(each, OtherDataset)]


class ConditionTarget(Body):
    """One condition as it is judged: changed validation images, or another dataset's."""

    name: str = Field(description="Of the condition, or the other dataset's id.")
    strengths: list[int] = Field(description="Empty for another dataset, whose images are not changed.")


class ConditionsPlan(Body):
    """What conditions amount to."""

    targets: list[ConditionTarget]
    skipped: dict[str, str] = Field({}, description="Conditions that these images cannot be put under, and why.")
    models: int = Field(
        description="Of the baseline and the candidates, on the seeds of the first round; a chunk each."
    )
    images_per_model: int = Field(description="That one model is shown at most, over all conditions and strengths.")
    images: int = Field(description="That all models are shown at most; by inference alone, nothing is trained.")
