"""Pipelines of Albumentations as a spec: saved as JSON, told as a dictionary, or made by Python code."""

from __future__ import annotations

from functools import partial
from typing import Any

from augury.imports.geometry import Fill, put_affine, put_pixels, put_resampling
from augury.imports.imported import Imported, Source, require_short
from augury.imports.reading import (
    TOP,
    NotUnderstood,
    Range,
    Reading,
    Rule,
    change_nothing,
    chosen,
    leave_out_size,
    number,
    numbers,
    read_steps,
    span,
    symmetric,
)
from augury.imports.saved import CLASS, saved_pipeline
from augury.imports.steps import Name, Step, pipelines_in

_BORDERS: dict[Any, str] = {
    "constant": "constant", 0: "constant", 1: "nearest", 2: "reflect", 3: "wrap", 4: "reflect",
    "border_constant": "constant", "border_replicate": "nearest", "border_reflect": "reflect", "border_wrap": "wrap",
    "border_reflect_101": "reflect", "border_reflect101": "reflect", "border_default": "reflect",
}  # fmt: skip
_UNLIKE = frozenset({3, "border_wrap", 4, "border_reflect_101", "border_reflect101", "border_default"})
"""Borders that are read as a fill mode of another period."""
_ORDERS: dict[Any, int] = {0: 0, 1: 1, 2: 3, "inter_nearest": 0, "inter_linear": 1, "inter_cubic": 3}
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def read_albumentations(text: str) -> Imported:
    """The spec of a pipeline.

    Raises:
        ImportRefused: it is too long, neither of the three, or has no pipeline.
    """
    require_short(text)
    reading = Reading()
    saved = saved_pipeline(text)
    pipelines = pipelines_in(text) if saved is None else [saved]
    pipeline = chosen(pipelines, RULES, reading)
    read_steps((pipeline,), {pipeline.name: partial(_inner, 1.0)}, reading)
    return reading.finished("albumentations")


def _is_on(step: Step, arguments: dict[str, Any], reading: Reading, *, usual: float = 1.0) -> bool:
    """Whether it is ever applied; that it leaves some images alone is lost."""
    probability = number(arguments.get("p", 0.5), "p")
    if 0 < probability != usual:
        said = "always" if usual == 1 else "for half of them"
        reading.lose(f"{step.where} is applied to {probability:.0%} of the images; the spec applies it {said}.")
    return probability > 0


def _flip(parameter: str, step: Step, reading: Reading) -> None:
    if _is_on(step, step.arguments("p"), reading, usual=0.5):
        reading.put(step, **{parameter: True})


def _put_fill(step: Step, arguments: dict[str, Any], reading: Reading) -> None:
    border = _plain(arguments.get("border_mode", arguments.get("mode", 0)))
    interpolation = _plain(arguments.get("interpolation", 1))
    if border not in _BORDERS or interpolation not in _ORDERS:
        raise NotUnderstood(f"border_mode {border!r} or interpolation {interpolation!r} is not known")
    value = arguments.get("fill", arguments.get("value", arguments.get("cval"))) or 0
    colours = numbers(value, "fill")
    fill = Fill(_BORDERS[border], sum(colours) / len(colours), is_uniform=len(set(colours)) == 1)
    put_resampling(reading, step, _ORDERS[interpolation], fill)
    if border in _UNLIKE:
        reading.lose(f"{step.where}: beyond the border, the spec's {_BORDERS[border]} repeats with another period.")


def _plain(value: Any) -> Any:
    if isinstance(value, Name):
        return value.last
    return value if isinstance(value, int | str) else None


def _rotate(step: Step, reading: Reading) -> None:
    arguments = step.arguments("limit", "interpolation", "border_mode")
    ends = span(arguments.get("limit", 90), "limit", around=0)
    if _is_on(step, arguments, reading):
        put_affine(reading, step, rotate=ends, is_one_scale=False)
        _put_fill(step, arguments, reading)


def _shift_scale_rotate(step: Step, reading: Reading) -> None:
    arguments = step.arguments("shift_limit", "scale_limit", "rotate_limit", "interpolation", "border_mode")
    both = arguments.get("shift_limit", 0.0625)
    x, y = (span(_or(arguments.get(f"shift_limit_{axis}"), both), "shift_limit", around=0) for axis in "xy")
    scale = _moved(span(arguments.get("scale_limit", 0.1), "scale_limit", around=0), 1)
    rotate = span(arguments.get("rotate_limit", 45), "rotate_limit", around=0)
    if _is_on(step, arguments, reading):
        put_affine(reading, step, rotate=rotate, scales=(scale, scale), is_one_scale=False, shifts=(x, y))
        _put_fill(step, arguments, reading)


def _affine(step: Step, reading: Reading) -> None:
    arguments = step.arguments("scale", "translate_percent", "translate_px", "rotate", "shear")
    scales, shears, shifts, pixels = (
        _per_axis(arguments.get(name), name, neutral)
        for name, neutral in (("scale", 1.0), ("shear", 0.0), ("translate_percent", 0.0), ("translate_px", 0.0))
    )
    if not isinstance(arguments.get("shear"), dict | list | tuple):
        shears = (shears[0], (0.0, 0.0))  # one number is along x
    rotate = span(arguments.get("rotate") or 0, "rotate", around=None)
    if not _is_on(step, arguments, reading):
        return
    is_one_scale = arguments.get("keep_ratio") is True
    put_affine(reading, step, rotate=rotate, shear=shears[0], scales=scales, is_one_scale=is_one_scale, shifts=shifts)
    put_pixels(reading, step, *pixels)
    _put_fill(step, arguments, reading)
    if any(shears[1]):
        reading.lose(f"{step.where}: the shear along y is left out; the spec has one along x only.")
    for name in ("fit_output", "balanced_scale"):
        if arguments.get(name):
            reading.lose(f"{step.where}: {name} is left out; the spec has no such thing.")


def _per_axis(value: Any, name: str, neutral: float) -> tuple[Range, Range]:
    """Ranges along x and y of a number, a pair, or a dictionary of such."""
    by_axis = value if isinstance(value, dict) else {"x": value, "y": value}
    x, y = (_or(by_axis.get(axis), neutral) for axis in "xy")
    return span(x, name, around=None), span(y, name, around=None)


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _moved(ends: Range, by: float) -> Range:
    return ends[0] + by, ends[1] + by


def _brightness_contrast(step: Step, reading: Reading) -> None:
    arguments = step.arguments("brightness_limit", "contrast_limit", "brightness_by_max")
    limit = span(arguments.get("brightness_limit", 0.2), "brightness_limit", around=0)
    contrast = span(arguments.get("contrast_limit", 0.2), "contrast_limit", around=0)
    if not _is_on(step, arguments, reading):
        return
    if any(limit):
        most = symmetric(reading, step, "brightness_limit", limit, "")
        reading.put(step, channel_shift_range=most * TOP)
        reading.lose(f"{step.where} adds to all pixels alike, and so does channel_shift_range, which cuts off at an "
                     "image's own extremes.")  # fmt: skip
    if any(contrast):
        reading.lose(f"{step.where}: contrast has no counterpart and is left out.")


def _factor(step: Step, reading: Reading) -> None:
    arguments = step.arguments("multiplier", "per_channel", "elementwise")
    if arguments.get("per_channel") or arguments.get("elementwise"):
        raise NotUnderstood("it multiplies channels or pixels by numbers of their own")
    if _is_on(step, arguments, reading):
        reading.put(step, brightness_range=span(arguments.get("multiplier", (0.9, 1.1)), "multiplier", around=None))


def _jitter(step: Step, reading: Reading) -> None:
    arguments = step.arguments("brightness", "contrast", "saturation", "hue")
    low, high = span(arguments.get("brightness", (0.8, 1.2)), "brightness", around=1)
    if not _is_on(step, arguments, reading):
        return
    if (low, high) != (1, 1):
        reading.put(step, brightness_range=(max(low, 0.0), high))
    neutral = {"contrast": 1, "saturation": 1, "hue": 0}
    others = [name for name, value in neutral.items() if arguments.get(name) not in ([value, value], (value, value))]
    if others:
        reading.lose(f"{step.where}: left out for want of a counterpart: {', '.join(others)}.")


def _normalise(step: Step, reading: Reading) -> None:
    arguments = step.arguments("mean", "std", "max_pixel_value", "normalization")
    if arguments.get("normalization") == "image":
        reading.put(step, samplewise_center=True, samplewise_std_normalization=True)
        return
    if arguments.get("normalization", "standard") != "standard":
        raise NotUnderstood("normalization is neither 'standard' nor 'image'")
    top = number(_or(arguments.get("max_pixel_value"), TOP), "max_pixel_value")
    mean, std = (
        tuple(each * top for each in numbers(arguments.get(name, default), name))
        for name, default in (("mean", _IMAGENET_MEAN), ("std", _IMAGENET_STD))
    )
    reading.normalise(mean, std)


def _to_float(step: Step, reading: Reading) -> None:
    reading.normalise((0.0,), (number(_or(step.arguments("max_value").get("max_value"), TOP), "max_value"),))


def _inner(usual: float, step: Step, reading: Reading) -> None:
    if _is_on(step, {"p": usual} | step.keywords, reading):
        read_steps(step.steps, RULES, reading)


RULES: dict[str, Rule] = {
    "HorizontalFlip": partial(_flip, "horizontal_flip"),
    "VerticalFlip": partial(_flip, "vertical_flip"),
    "Rotate": _rotate,
    "SafeRotate": _rotate,
    "ShiftScaleRotate": _shift_scale_rotate,
    "Affine": _affine,
    "RandomBrightnessContrast": _brightness_contrast,
    "MultiplicativeNoise": _factor,
    "ColorJitter": _jitter,
    "Normalize": _normalise,
    "ToFloat": _to_float,
    "Compose": partial(_inner, 1.0),
    "Sequential": partial(_inner, 0.5),
    "Resize": leave_out_size,
    "CenterCrop": leave_out_size,
    **dict.fromkeys(("NoOp", "ToTensorV2"), change_nothing),
}
"""What is made of a transform, by its name."""

SOURCE = Source(
    about="a pipeline of Albumentations, saved as JSON or made by Python code",
    is_in=lambda text: CLASS in text or "albumentations" in text,
    read=read_albumentations,
)
