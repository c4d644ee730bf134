"""What a rule is, and what it gets to see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import GeometryMeasurements, IntensityMeasurements, Semantics, Severity
from augury.linting.handed import pixels_after, values_after
from augury.linting.intensities import ASSUMED, Jitter, Pixels, effect
from augury.linting.measurements import measure, motion_of
from augury.value_scale import Values

ASSUMED_SIZE = 64
"""Height and width where no dataset is named."""


@dataclass(frozen=True)
class Case:
    """A spec, the facts of its dataset if they are known, and what can be computed from both."""

    spec: ImageDataGeneratorSpec
    facts: DatasetFacts | None
    semantics: Semantics

    @property
    def height(self) -> int:
        """Of the dataset's images, or assumed."""
        return self.facts.shape[0] if self.facts else ASSUMED_SIZE

    @property
    def width(self) -> int:
        """Of the dataset's images, or assumed."""
        return self.facts.shape[1] if self.facts else ASSUMED_SIZE

    @property
    def is_keras(self) -> bool:
        """Whether Keras 3's defects apply."""
        return self.semantics == "keras"

    @property
    def images(self) -> str:
        """The images in words, honest about an assumption."""
        if self.facts:
            return f"your {self.height}×{self.width} images"
        return f"{self.height}×{self.width} images (assumed)"

    @cached_property
    def pixels(self) -> Pixels:
        """Values of the dataset, or those of 8-bit photographs."""
        if self.facts is None:
            return ASSUMED
        low, high = self.facts.value_range
        means, deviations = self.facts.channel_mean, self.facts.channel_std
        mean = sum(means) / len(means) if means else (low + high) / 2
        return Pixels(low, high, mean, sum(deviations) / len(deviations) if deviations else (high - low) / 4)

    @cached_property
    def handed(self) -> Values | None:
        """Where the values lie that ``rescale`` gets: after the preprocessing function. None without facts."""
        return None if self.facts is None else values_after(self.spec.preprocessing_function, Values.of(self.facts))

    @cached_property
    def handed_pixels(self) -> Pixels:
        """The statistics of the same values."""
        return pixels_after(self.spec.preprocessing_function, self.pixels)

    @cached_property
    def geometry(self) -> GeometryMeasurements:
        """What the geometric transforms do."""
        return self.geometry_of(self.spec)

    def geometry_of(self, spec: ImageDataGeneratorSpec) -> GeometryMeasurements:
        """The same for another spec on the same images."""
        return measure(motion_of(spec), self.height, self.width, self.semantics)

    @property
    def is_samplewise(self) -> bool:
        """Whether every image is centred by its own mean."""
        return self.spec.samplewise_center or self.spec.samplewise_std_normalization

    @cached_property
    def brightness(self) -> IntensityMeasurements | None:
        """What random brightness does; None where there is none."""
        if self.spec.brightness_range is None:
            return None
        return self._effect(brightness=self.spec.brightness_range, channel_shift=0.0)

    @cached_property
    def channel_shift(self) -> IntensityMeasurements | None:
        """What the channel shift does; None where there is none."""
        if not self.spec.channel_shift_range:
            return None
        return self._effect(brightness=None, channel_shift=self.spec.channel_shift_range)

    def _effect(self, brightness: tuple[float, float] | None, channel_shift: float) -> IntensityMeasurements:
        scaled = self.spec.samplewise_std_normalization
        return effect(self.pixels, Jitter(brightness, channel_shift, self.is_samplewise, scaled), self.semantics)


@dataclass(frozen=True)
class Hit:
    """A rule applies: the numbers for its texts, and how the spec would be changed."""

    numbers: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] | None = None
    parameters: tuple[str, ...] | None = None
    """Which of the rule's parameters it is about, where not all of them."""
    severity: Severity | None = None
    """Where it is another than the rule's."""


@dataclass(frozen=True)
class Rule:
    """One thing worth saying about specs. *message* and *remedy* are templates for a hit's numbers."""

    id: str
    severity: Severity
    parameters: tuple[str, ...]
    trigger: str
    why: str
    message: str
    remedy: str
    check: Callable[[Case], Hit | None]
    reference: str | None = None


def changed(spec: ImageDataGeneratorSpec, changes: Mapping[str, Any] | None) -> ImageDataGeneratorSpec | None:
    """The spec with these parameters instead; None where nothing changes or no valid spec comes out."""
    if not changes:
        return None
    try:
        other = ImageDataGeneratorSpec.model_validate({**spec.model_dump(exclude_defaults=True), **changes})
    except ValidationError:
        return None
    return None if other == spec else other
