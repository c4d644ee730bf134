"""What each preprocessing layer of Keras 3 is in a spec, and what it does that the spec does not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from augury.imports.steps import NOT_LITERAL

_LEVELS = 255.0
_TURN = 360.0
_SAMPLING = ("fill_mode", "interpolation", "fill_value")
_BORDER_OF_LAYERS = "reflect"
"""What layers do where the image ends, unless they are told otherwise."""


@dataclass
class Taken:
    """The parameters that the layers so far come to, and what was lost, each in a sentence."""

    parameters: dict[str, Any] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    moving: list[str] = field(default_factory=list)
    borders: list[tuple[str, str, float]] = field(default_factory=list)

    def lose(self, sentence: str) -> None:
        """Say what the spec does not do."""
        self.lost.append(sentence)

    def set(self, name: str, value: Any, layer: str) -> None:
        """Take a parameter, unless an earlier layer had it."""
        if name in self.parameters:
            self.lose(f"A further {layer} is left out: a spec has {name} once.")
        else:
            self.parameters[name] = value

    def finish(self) -> None:
        """Take what the moving layers have in common, and say what one resampling changes about several."""
        if not self.moving:
            return
        fill_mode, interpolation, value = self.borders[0]
        if len(set(self.borders)) > 1:
            self.lose("The layers differ in fill_mode, interpolation or fill_value; the first one's are taken.")
        self.parameters["fill_mode"] = fill_mode
        if fill_mode == "constant":
            self.parameters["cval"] = value
        if interpolation == "nearest":
            self.parameters["interpolation_order"] = 0
        if fill_mode in ("constant", "wrap"):
            self.lose(f"fill_mode {fill_mode} begins elsewhere: SciPy's differs from the layers' at the border.")
        if len(self.moving) > 1:
            names = ", ".join(self.moving)
            self.lose(f"{names} read the pixels one after the other; the spec reads them once, and blurs them less.")


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def _ends(value: Any) -> tuple[float, float] | None:
    """The ends of what a factor draws from; None where it is no literal number or pair."""
    single = _number(value)
    if single is not None:
        return -abs(single), abs(single)
    if isinstance(value, list | tuple) and len(value) == 2:
        low, high = (_number(each) for each in value)
        if low is not None and high is not None:
            return min(low, high), max(low, high)
    return None


def _factor(arguments: dict[str, Any], name: str, layer: str, taken: Taken) -> tuple[float, float] | None:
    """The ends of the factor *name*, where it is there and can be read."""
    value = arguments.get(name)
    ends = _ends(value)
    if ends is None and value is not None:
        said = "not a literal" if value is NOT_LITERAL else repr(value)[:60]
        taken.lose(f"{layer} is left out: its {name} is {said}, expected a number or a pair.")
    return ends


def _symmetric(ends: tuple[float, float], what: str, layer: str, taken: Taken) -> float:
    """The larger end, for ranges that a spec has on both sides of zero."""
    low, high = ends
    if low != -high:
        taken.lose(f"{layer} draws {what} from [{low:g}, {high:g}]; a spec's range lies on both sides of zero alike.")
    return max(abs(low), abs(high))


def _take_sampling(arguments: dict[str, Any], layer: str, taken: Taken) -> None:
    taken.moving.append(layer)
    fill_mode, interpolation = arguments.get("fill_mode", _BORDER_OF_LAYERS), arguments.get("interpolation", "bilinear")
    fill_value = _number(arguments.get("fill_value", 0.0))
    known = ("constant", "nearest", "reflect", "wrap")
    if fill_mode not in known or interpolation not in ("nearest", "bilinear") or fill_value is None:
        taken.lose(f"{layer}: {', '.join(_SAMPLING)} cannot be read, and are taken for their defaults.")
        fill_mode, interpolation, fill_value = _BORDER_OF_LAYERS, "bilinear", 0.0
    taken.borders.append((fill_mode, interpolation, fill_value))


def _flip(arguments: dict[str, Any], taken: Taken) -> None:
    mode = arguments.get("mode", "horizontal_and_vertical")
    axes = {"horizontal": ("horizontal_flip",), "vertical": ("vertical_flip",)}
    both = ("horizontal_flip", "vertical_flip")
    if mode == "horizontal_and_vertical":
        taken.lose("RandomFlip mirrors both ways at once or not at all; a spec draws each by itself.")
    elif mode not in axes:
        taken.lose("RandomFlip is left out: its mode cannot be read.")
        return
    for name in axes.get(mode, both):
        taken.set(name, True, "RandomFlip")


def _rotation(arguments: dict[str, Any], taken: Taken) -> None:
    ends = _factor(arguments, "factor", "RandomRotation", taken)
    if ends is None:
        return
    turn = _symmetric(ends, "the angle", "RandomRotation", taken)
    if turn > 1:
        taken.lose(f"RandomRotation's factor {turn:g} is more than a whole turn; the spec has one.")
    taken.set("rotation_range", _rounded(min(turn, 1.0) * _TURN), "RandomRotation")
    _take_sampling(arguments, "RandomRotation", taken)


def _translation(arguments: dict[str, Any], taken: Taken) -> None:
    axes = (("height_factor", "width_shift_range"), ("width_factor", "height_shift_range"))
    for argument, parameter in axes:  # ImageDataGenerator shifts along the other axis
        ends = _factor(arguments, argument, "RandomTranslation", taken)
        if ends is None or ends == (0, 0):
            continue
        fraction = _symmetric(ends, argument, "RandomTranslation", taken)
        if fraction >= 1:
            taken.lose(f"RandomTranslation's {argument} {fraction:g} is a whole image; a spec has fractions below 1.")
        taken.set(parameter, _rounded(min(fraction, 0.999)), "RandomTranslation")
        if "RandomTranslation" not in taken.moving:
            _take_sampling(arguments, "RandomTranslation", taken)
            taken.lose(
                "RandomTranslation's factors are exchanged, as ImageDataGenerator shifts along the other axis; that is "
                "right under keras semantics and for square images."
            )


def _zoom(arguments: dict[str, Any], taken: Taken) -> None:
    height = _factor(arguments, "height_factor", "RandomZoom", taken)
    width = _factor(arguments, "width_factor", "RandomZoom", taken)
    if height is None:
        return
    if width is None:
        taken.lose("RandomZoom keeps the image's proportions; a spec draws the factor of each axis by itself.")
    elif width != height:
        taken.lose("RandomZoom has another range for each axis; both get that of the height.")
    low, high = (_rounded(1 + end) for end in height)
    if low <= 0:
        taken.lose("RandomZoom is left out: its factors reach -1.")
        return
    zoom = _rounded(height[1]) if math.isclose(low + high, 2, rel_tol=1e-9) and high < 2 else [low, high]
    taken.set("zoom_range", zoom, "RandomZoom")
    _take_sampling(arguments, "RandomZoom", taken)


def _shear(arguments: dict[str, Any], taken: Taken) -> None:
    ends = _factor(arguments, "x_factor", "RandomShear", taken)
    if _factor(arguments, "y_factor", "RandomShear", taken) not in (None, (0, 0)):
        taken.lose("RandomShear's y_factor is left out: a spec slants along one axis.")
    if ends is None or ends == (0, 0):
        return
    slant = min(max(map(abs, ends)), 0.999)
    taken.set("shear_range", _rounded(math.degrees(math.asin(slant))), "RandomShear")
    taken.lose(
        "RandomShear slants about the top row, and the spec about the middle one, stretching the image a little as it "
        "does; the range of angles is that of the layer's factor."
    )
    _take_sampling(arguments, "RandomShear", taken)


def _brightness(arguments: dict[str, Any], taken: Taken) -> None:
    ends = _factor(arguments, "factor", "RandomBrightness", taken)
    if ends is None:
        return
    scale = _ends(arguments.get("value_range", (0, 255)))
    if scale is None:
        taken.lose("RandomBrightness is left out: its value_range cannot be read.")
        return
    if scale != (0, _LEVELS):
        taken.lose("RandomBrightness has another value_range; the spec is for images from 0 to 255.")
    shift = _symmetric(ends, "what it adds", "RandomBrightness", taken) * _LEVELS
    taken.set("channel_shift_range", _rounded(shift), "RandomBrightness")
    taken.lose(
        "RandomBrightness adds to all channels and clips to its value_range; channel_shift_range adds as well, and "
        "clips to the image's own smallest and largest value."
    )


def _rescaling(arguments: dict[str, Any], taken: Taken) -> None:
    scale, offset = _number(arguments.get("scale")), _number(arguments.get("offset", 0.0))
    if scale is None or offset is None:
        taken.lose("Rescaling is left out: its scale or offset is no number.")
    elif math.isclose(scale, 1 / 127.5) and offset == -1:
        taken.set("preprocessing_function", "imagenet_tf", "Rescaling")
    else:
        if offset:
            taken.lose(f"Rescaling's offset {offset:g} is left out: a spec only multiplies.")
        taken.set("rescale", scale, "Rescaling")


def _rounded(value: float) -> float:
    return float(f"{value:.10g}")


READERS: dict[str, Callable[[dict[str, Any], Taken], None]] = {
    "RandomFlip": _flip,
    "RandomRotation": _rotation,
    "RandomTranslation": _translation,
    "RandomZoom": _zoom,
    "RandomShear": _shear,
    "RandomBrightness": _brightness,
    "Rescaling": _rescaling,
}
