"""The specs that are compared, by name, and what a spec in a job may not say."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import RequestModel

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
RESERVED_ARM_NAMES = frozenset({"baseline"})


class Candidate(RequestModel):
    """A named spec in a job."""

    name: Name
    spec: ImageDataGeneratorSpec

    @model_validator(mode="after")
    def _fits_a_job(self) -> Self:
        require_nothing_that_a_job_decides(self.spec)
        if self.name in RESERVED_ARM_NAMES:
            raise PydanticCustomError("reserved_name", "'baseline' is the name of the arm without augmentation")
        return self


class Baseline(RequestModel):
    """The preprocessing that candidates are measured against."""

    spec: ImageDataGeneratorSpec

    @model_validator(mode="after")
    def _has_no_augmentation(self) -> Self:
        require_nothing_that_a_job_decides(self.spec)
        if self.spec.has_augmentation:
            raise PydanticCustomError("baseline_rule", "the baseline takes preprocessing only, no random transform")
        return self


def require_channels_last(spec: ImageDataGeneratorSpec) -> None:
    """Refuse the other layout.

    Raises:
        PydanticCustomError: the spec asks for it.
    """
    if spec.data_format == "channels_first":
        raise PydanticCustomError("job_rule", "data_format: jobs store images as channels_last; leave it out")


def require_nothing_that_a_job_decides(spec: ImageDataGeneratorSpec) -> None:
    """Refuse what a job that trains says elsewhere, or has one way for.

    Raises:
        PydanticCustomError: the spec sets it.
    """
    require_channels_last(spec)
    if spec.validation_split:
        raise PydanticCustomError(
            "job_rule",
            "validation_split: a job draws its own stratified splits; leave it out "
            "and set evaluation.validation_fraction",
        )
