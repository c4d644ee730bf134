"""A spec's random parameters one by one, and each of them weaker than the spec has it."""

from __future__ import annotations

from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.evidence.probe_results import Value
from augury.linting.measurements import GEOMETRY
from augury.planning.attribution_arms import random_parameters

FRACTIONS = (0.0625, 0.125, 0.25, 0.5, 0.75, 1.0)
"""Of the distance from doing nothing to the spec's own value."""

Shape = tuple[int, ...]

FLIPS = ("horizontal_flip", "vertical_flip")
SHIFTS = ("width_shift_range", "height_shift_range")

_FILLING = ("fill_mode", "cval", "interpolation_order")
"""What fills emptied corners goes with the geometric parameters."""


def augmentation_half(spec: ImageDataGeneratorSpec) -> ImageDataGeneratorSpec:
    """The random half alone, which turns raw images into other raw images. Specs that augment alike have equal ones."""
    return _random_half(spec, {name: getattr(spec, name) for name in random_parameters(spec)})


def random_values(spec: ImageDataGeneratorSpec) -> dict[str, Value]:
    """The random parameters that are switched on, with their values as JSON has them."""
    on = {name: getattr(spec, name) for name in random_parameters(spec)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in on.items()}


def alone(spec: ImageDataGeneratorSpec, parameter: str, value: Value) -> ImageDataGeneratorSpec:
    """The random half with one parameter at *value* and all others off; the filling is kept."""
    return _random_half(spec, {parameter: value})


def with_values(spec: ImageDataGeneratorSpec, values: dict[str, Any]) -> ImageDataGeneratorSpec:
    """The whole spec with these parameters at other values."""
    return ImageDataGeneratorSpec.model_validate({**spec.model_dump(exclude_defaults=True), **values})


def at_fraction(parameter: str, value: Value, fraction: float, shape: Shape) -> Value | None:
    """A parameter's value at a fraction of its strength.

    Ranges about 1 (brightness, zoom factors) shrink towards 1, others towards 0. A flip is on or off, and a shift by
    whole pixels (an int n, of up to n - 1 pixels) has whole steps: None where there is no such value.

    Args:
        parameter: ImageDataGenerator's name.
        value: the spec's.
        fraction: in (0, 1].
        shape: height, width, channels; shifts in pixels that become shorter than one are given as a share of it.
    """
    if fraction == 1:
        return value
    if parameter in FLIPS:
        return None
    if parameter in SHIFTS:
        return _shift(value, fraction, shape[1] if parameter == "width_shift_range" else shape[0])
    if isinstance(value, list):
        return [round(1 + (end - 1) * fraction, 12) for end in value]
    return value * fraction


def doses(parameter: str, value: Value, shape: Shape) -> list[tuple[float, Value]]:
    """(fraction, value) to ask about, ascending in strength and each once; the last is the spec's own value."""
    found: list[tuple[float, Value]] = []
    for fraction in FRACTIONS:
        weaker = at_fraction(parameter, value, fraction, shape)
        if weaker is not None and all(weaker != known for _, known in found):
            found.append((fraction, weaker))
    return found


def _shift(value: Value, fraction: float, size: int) -> Value | None:
    """Below 1 a shift is a share of the image, from 1 on it is in pixels; what is scaled must not change its unit."""
    if isinstance(value, list):
        scaled = [each * fraction for each in value]
        was_pixels = max(value) >= 1
        return [each / size for each in scaled] if was_pixels and max(scaled) < 1 else scaled
    if isinstance(value, int):
        pixels = round((value - 1) * fraction)
        return None if pixels in (0, value - 1) else pixels + 1
    scaled_pixels = value * fraction
    return scaled_pixels / size if value >= 1 and scaled_pixels < 1 else scaled_pixels


def _random_half(spec: ImageDataGeneratorSpec, values: dict[str, Any]) -> ImageDataGeneratorSpec:
    is_filled = any(name in GEOMETRY for name in values)
    filling = {name: getattr(spec, name) for name in _FILLING} if is_filled else {}
    return ImageDataGeneratorSpec.model_validate({**filling, **values})
