"""Which value of a dataset is full scale: by what its values are, and not by the type that they are stored in.

Twelve bits in uint16, masks of 0 and 1 in uint8 and floats in 0-255 are all brought to 0-1. Outliers do not decide:
where the largest value is more than MAX_OUTLIER_FREE times what nearly all values stay below, it is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts

MAX_OUTLIER_FREE = 4
"""The largest value decides up to so many times the quantile of the facts; beyond it is an outlier."""
MAX_LEVELS = 31
"""Integers up to here count levels (classes of a mask, set pixels of a block) and are no bits of a camera."""
FULL_SCALES = (255, 1_023, 4_095, 16_383, 65_535)
"""Of integers: 8, 10, 12, 14 and 16 bits."""
UNIT = (0.1, 2.0)
"""Floats whose largest value lies in here are taken as 0-1 already."""
MAX_CENTRED = 10.0
"""Floats around zero, such as standardised ones, are taken as they are up to this magnitude."""
MIN_MAGNITUDE = 1e-6
"""Of floats; below it they are rounding errors, and no spec could scale them."""
_BYTE = 255.0
_OVERSHOOT = 1.1  # of resampled floats over their full scale, and below zero
_CENTRED = 0.1  # so much of the largest value must the smallest reach below zero, to be more than an overshoot


@dataclass(frozen=True)
class Values:
    """Where values lie: all of them, and nearly all of them."""

    low: float
    high: float
    usual_low: float
    usual_high: float
    are_integers: bool

    @classmethod
    def of(cls, facts: DatasetFacts) -> Values:
        """Of a dataset; one that was read before quantiles were measured has no outliers that are known of."""
        low, high = facts.value_range
        usual_low, usual_high = facts.value_quantiles or facts.value_range
        return cls(low, high, usual_low, usual_high, facts.dtype != "float32")

    @property
    def usual(self) -> float:
        """The magnitude that nearly all values stay below."""
        return max(abs(self.usual_low), abs(self.usual_high))

    @property
    def has_outliers(self) -> bool:
        """Whether the extremes are far from where nearly all values lie."""
        return self.usual > 0 and max(abs(self.low), abs(self.high)) > MAX_OUTLIER_FREE * self.usual

    @property
    def deciding(self) -> float:
        """The magnitude that decides on the scale; 0 where there is nothing to see."""
        magnitude = self.usual if self.has_outliers else max(abs(self.low), abs(self.high))
        return magnitude if magnitude >= MIN_MAGNITUDE else 0.0

    @property
    def is_centred(self) -> bool:
        """Whether values lie on both sides of zero, by more than resampling does."""
        return self.usual_low < -_CENTRED * abs(self.usual_high)

    @property
    def full_scale(self) -> float:
        """What the values are to be divided by; 1 where they are good as they are."""
        if not self.deciding:
            return 1.0
        if self.are_integers:
            return _of_integers(self.deciding)
        return _of_centred(self.deciding) if self.is_centred else _of_floats(self.deciding)

    def sentence(self) -> str:
        """The rule as it was applied, with its numbers."""
        full = self.full_scale
        usual = f" (nearly all of them from {self.usual_low:g} to {self.usual_high:g})"
        outliers = "; the outliers do not decide" if self.has_outliers else ""
        scaled = "they are taken as they are" if full == 1 else f"full scale is {full:g}, so rescale is 1/{full:g}"
        return f"the dataset's values lie from {self.low:g} to {self.high:g}{usual}: {scaled}{outliers}"


def _of_integers(deciding: float) -> float:
    if deciding <= MAX_LEVELS:
        return float(deciding)
    return float(next((scale for scale in FULL_SCALES if deciding <= scale), deciding))


def _of_floats(deciding: float) -> float:
    if UNIT[0] < deciding <= UNIT[1]:
        return 1.0
    return _BYTE if _BYTE / 2 < deciding <= _BYTE * _OVERSHOOT else deciding


def _of_centred(deciding: float) -> float:
    return 1.0 if UNIT[0] < deciding <= MAX_CENTRED else deciding


@lru_cache(maxsize=16)
def divided_by(full_scale: float) -> ImageDataGeneratorSpec:
    """The spec that divides by the full scale, and does nothing else; few are usual, and every submission asks."""
    return ImageDataGeneratorSpec() if full_scale == 1 else ImageDataGeneratorSpec(rescale=1 / full_scale)
