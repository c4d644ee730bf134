"""Findings on the wire: what can be said about a spec before anything is trained."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, field_serializer

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import Body, Fraction, RequestModel
from api_schemas.datasets.references import DatasetReference

Semantics = Literal["keras", "corrected"]
"""``keras``: as Keras 3 does it, defects included; ``corrected``: as its documentation says."""


class Severity(StrEnum):
    """``error``: the images come out broken; ``warning``: probably not what was meant; ``info``: good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Finding(Body):
    """One thing that a rule has to say about a spec."""

    rule: str = Field(description="Stable id of the rule.", examples=["shear-in-degrees"])
    severity: Severity
    message: str = Field(description="What happens, with the numbers of this spec and dataset.")
    remedy: str = Field(description="What to do instead.")
    parameters: list[str] = Field(description="The spec's parameters that it is about.")
    changed_spec: ImageDataGeneratorSpec | None = Field(
        None, description="The spec with this remedy applied, as far as one can be written down."
    )
    reference: str | None = Field(None, description="Where this was reported, documented or measured.")

    @field_serializer("changed_spec")
    def _only_what_is_set(self, spec: ImageDataGeneratorSpec | None) -> dict[str, Any] | None:
        """As a person would write it; a spec means the same with and without its defaults."""
        return None if spec is None else spec.model_dump(mode="json", exclude_defaults=True)


class GeometryMeasurements(Body):
    """What the geometric transforms do to an image, from simulated draws of this spec. Shares are of pixels."""

    height: int
    width: int
    invented_mean: Fraction = Field(description="Pixels that no source pixel stands behind, in the mean.")
    invented_p90: Fraction = Field(description="The same, exceeded by one image in ten.")
    kept_mean: Fraction = Field(description="Source pixels still in the picture, in the mean.")
    kept_p10: Fraction = Field(description="The same, undercut by one image in ten.")
    half_hidden: Fraction = Field(description="Images of which less than half of the source is visible.")
    unchanged: Fraction = Field(description="Images whose pixels stay where they are (flips not counted).")
    detail_kept: Fraction = Field(description="Standard deviation of white noise that survives the resampling.")
    displacement: float = Field(description="Pixels that a point moves, in the mean.")
    centre_drift: float = Field(description="Pixels that the centre moves without any shift, in the mean.")


class IntensityMeasurements(Body):
    """Random brightness or channel shift, as root mean square change in units of an image's own deviation."""

    drawn: float = Field(description="Of the augmented image before it is standardised.")
    left: float = Field(description="Of what the model sees, after samplewise centring and scaling.")


class Measurements(Body):
    """What was computed rather than looked up; null where the spec has nothing of the kind."""

    geometry: GeometryMeasurements | None = None
    brightness: IntensityMeasurements | None = None
    channel_shift: IntensityMeasurements | None = None


class LintRequest(RequestModel):
    """A spec to look at, and the images it is for."""

    spec: ImageDataGeneratorSpec
    dataset: DatasetReference | None = Field(
        None, description="Its facts are used when the service knows it already; nothing is ingested for this."
    )
    semantics: Semantics = Field("keras", description="keras: Keras 3, defects included; corrected: as documented.")


class LintResult(Body):
    """Everything the rules have to say, gravest first."""

    findings: list[Finding]
    measurements: Measurements
    semantics: Semantics
    facts_used: bool = Field(description="Whether the dataset was known; without its facts some rules stay silent.")
    basis: str = Field(description="In words: which images the numbers are about.")
