"""The specs that are compared, by name, and what a spec in a job may not say."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import RequestModel

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
RESERVED_ARM_NAMES = frozenset({"baseline"})


CHANNELS_LAST: dict[str, Any] = {"data_format": {"enum": [None, "channels_last"]}}
"""What a spec of a job may say of the layout, as a JSON Schema of properties."""
DECIDED_BY_JOBS: dict[str, Any] = {"properties": {**CHANNELS_LAST, "validation_split": {"const": 0}}}
"""The same of all that ``require_nothing_that_a_job_decides`` refuses."""
_ABSENT: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        0,
        (
            "rotation_range",
            "shear_range",
            "channel_shift_range",
            "width_shift_range",
            "height_shift_range",
            "zoom_range",
        ),
    ),
    (False, ("horizontal_flip", "vertical_flip")),
    (None, ("brightness_range",)),
)
_WITHOUT_AUGMENTATION: dict[str, Any] = {
    "properties": {
        **DECIDED_BY_JOBS["properties"],
        **{name: {"const": value} for value, names in _ABSENT for name in names},
    }
}


class Candidate(RequestModel):
    """A named spec in a job."""

    name: Name = Field(json_schema_extra={"not": {"enum": [*sorted(RESERVED_ARM_NAMES)]}})
    spec: ImageDataGeneratorSpec = Field(json_schema_extra=DECIDED_BY_JOBS)

    @model_validator(mode="after")
    def _fits_a_job(self) -> Self:
        require_nothing_that_a_job_decides(self.spec)
        if self.name in RESERVED_ARM_NAMES:
            raise PydanticCustomError("reserved_name", "'baseline' is the name of the arm without augmentation")
        return self


class Baseline(RequestModel):
    """The preprocessing that candidates are measured against."""

    spec: ImageDataGeneratorSpec = Field(json_schema_extra=_WITHOUT_AUGMENTATION)

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


def preprocessed_as(spec: ImageDataGeneratorSpec, baseline: ImageDataGeneratorSpec) -> ImageDataGeneratorSpec:
    """The spec, with the baseline's preprocessing where it says nothing of preprocessing itself.

    Whoever writes ``{"horizontal_flip": true}`` asks about flips, and not what it is like to leave the rescale out.
    """
    if spec.preprocessing() != ImageDataGeneratorSpec().preprocessing():
        return spec
    shared = baseline.preprocessing().model_dump(exclude_unset=True)
    return ImageDataGeneratorSpec(**shared | spec.model_dump(exclude_unset=True))
