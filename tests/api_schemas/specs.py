"""Augmentation specs for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec


def _fraction(high: float) -> st.SearchStrategy[float]:
    return st.floats(0, high)


def _shift() -> st.SearchStrategy[Any]:
    one = st.one_of(st.integers(-3, 3), st.floats(-2, 2))
    return st.one_of(_fraction(0.9), st.floats(1, 4), st.integers(0, 4), st.lists(one, min_size=1, max_size=4))


def _ascending(low: float, high: float) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(low, high), min_size=2, max_size=2).map(sorted)


PARAMETERS: dict[str, st.SearchStrategy[Any]] = {
    "featurewise_center": st.booleans(),
    "samplewise_center": st.booleans(),
    "featurewise_std_normalization": st.booleans(),
    "samplewise_std_normalization": st.booleans(),
    "zca_whitening": st.booleans(),
    "zca_epsilon": st.floats(1e-9, 1),
    "rotation_range": _fraction(360),
    "width_shift_range": _shift(),
    "height_shift_range": _shift(),
    "brightness_range": st.none() | _ascending(0, 3),
    "shear_range": _fraction(89),
    "zoom_range": _fraction(0.99) | _ascending(0.01, 4),
    "channel_shift_range": _fraction(300),
    "fill_mode": st.sampled_from(["constant", "nearest", "reflect", "wrap"]),
    "cval": st.floats(-300, 300),
    "horizontal_flip": st.booleans(),
    "vertical_flip": st.booleans(),
    "rescale": st.none() | st.floats(-2, 2),
    "data_format": st.sampled_from([None, "channels_first", "channels_last"]),
    "validation_split": _fraction(0.99),
    "interpolation_order": st.integers(0, 5),
    "dtype": st.sampled_from([None, "float32", "float64", "float16"]),
}


def accepted(parameters: dict[str, Any]) -> ImageDataGeneratorSpec | None:
    """The spec with these parameters, or None where the rules refuse it."""
    try:
        return ImageDataGeneratorSpec.model_validate(parameters)
    except ValidationError:
        return None


def accepted_specs() -> st.SearchStrategy[ImageDataGeneratorSpec]:
    """Specs with any of the parameters set, as long as the rules accept them together."""
    return st.fixed_dictionaries({}, optional=PARAMETERS).map(accepted).filter(lambda spec: spec is not None)
