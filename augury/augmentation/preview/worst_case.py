"""A spec at its limits: the strongest transforms that it can draw, one by one and all together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation.parameters import NOTHING, Draws

Parameters = dict[str, Any]
"""A transform as ``ImageDataGenerator.get_random_transform`` gives it."""

NEUTRAL: Parameters = Draws(NOTHING[np.newaxis]).parameters(0)
"""The transform that leaves an image as it is."""

_HALF_TURN = 180.0


@dataclass(frozen=True)
class Case:
    """One transform to look at: what it is called, its value in words, and its parameters."""

    name: str
    value: str
    parameters: Parameters


def worst_cases(spec: ImageDataGeneratorSpec, shape: tuple[int, ...]) -> list[Case]:
    """Each active transform alone at each of its limits, then all of them together.

    Args:
        spec: what to exhaust.
        shape: height, width, channels of the images, for shifts that are fractions.
    """
    limits = [cases for cases in _limits(spec, shape) if cases]
    alone = [case for cases in limits for case in cases]
    if len(limits) < 2:
        return alone
    together = [
        Case("all together", "upper limits", _united([cases[0] for cases in limits])),
        Case("all together", "lower limits", _united([cases[-1] for cases in limits])),
    ]
    return alone + (together if together[0].parameters != together[1].parameters else together[:1])


def _united(cases: list[Case]) -> Parameters:
    changed = {name: value for case in cases for name, value in case.parameters.items() if value != NEUTRAL[name]}
    return NEUTRAL | changed


def _limits(spec: ImageDataGeneratorSpec, shape: tuple[int, ...]) -> Iterator[list[Case]]:
    """The cases of every transform, from its upper to its lower limit; none where it is switched off."""
    yield _rotations(spec.rotation_range)
    # The parameters are called after what Keras draws them from, whatever they do to the image in the end.
    yield _shifts("height_shift_range", "tx", spec.height_shift_range, shape[0])
    yield _shifts("width_shift_range", "ty", spec.width_shift_range, shape[1])
    yield _both_signs("shear_range", "shear", spec.shear_range, "°")
    yield _zooms(spec.zoom_range)
    yield [_case("horizontal_flip", "", flip_horizontal=True)] if spec.horizontal_flip else []
    yield [_case("vertical_flip", "", flip_vertical=True)] if spec.vertical_flip else []
    yield _both_signs("channel_shift_range", "channel_shift_intensity", spec.channel_shift_range, "")
    if spec.brightness_range is not None:
        low, high = spec.brightness_range
        factors = [high] if low == high else [high, low]
        yield [_case("brightness_range", f"{factor:g}", brightness=factor) for factor in factors]


def _case(name: str, value: str, **changes: Any) -> Case:
    return Case(name, value, NEUTRAL | changes)


def _both_signs(name: str, parameter: str, limit: float, unit: str) -> list[Case]:
    if limit == 0:
        return []
    return [_case(name, f"{signed:+g}{unit}", **{parameter: float(signed)}) for signed in (limit, -limit)]


def _rotations(limit: float) -> list[Case]:
    """A turn beyond 180 degrees is nearer to the original again, and both signs of 180 are the same."""
    if limit >= _HALF_TURN:
        return [_case("rotation_range", "180°", theta=_HALF_TURN)]
    return _both_signs("rotation_range", "theta", limit, "°")


def _shifts(name: str, parameter: str, shift: Any, size: int) -> list[Case]:
    """Keras's units: an int n draws from the integers below n, a list is a set of values to choose from."""
    values = shift if isinstance(shift, list) else [shift - 1 if type(shift) is int and shift > 0 else shift]
    farthest = max(map(abs, values))
    if farthest == 0:
        return []
    is_fraction = max(shift if isinstance(shift, list) else [shift]) < 1
    pixels = float(farthest * size if is_fraction else farthest)
    note = f"{farthest:g} = " if is_fraction else ""
    return [
        _case(name, (f"{sign}{note}" if note else "") + f"{sign}{pixels:g} px", **{parameter: float(f"{sign}{pixels}")})
        for sign in "+-"
    ]


def _zooms(zoom: float | tuple[float, float]) -> list[Case]:
    """The two axes are drawn separately, so an image can also be stretched along one and squeezed along the other."""
    low, high = zoom if isinstance(zoom, tuple) else (1 - zoom, 1 + zoom)
    if (low, high) == (1, 1):
        return []
    if low == high:
        return [_case("zoom_range", _zoom_in_words(low, low), zx=low, zy=low)]
    pairs = [(high, high), (high, low), (low, high), (low, low)]
    return [_case("zoom_range", _zoom_in_words(zx, zy), zx=zx, zy=zy) for zx, zy in pairs]


def _zoom_in_words(zx: float, zy: float) -> str:
    if zx != zy:
        return f"x {zx:g} y {zy:g}"
    return f"{zx:g} ({'in' if zx < 1 else 'out'})"
