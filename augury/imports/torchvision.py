"""Pipelines of torchvision's transforms, v1 and v2, as a spec."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from augury.imports.geometry import Fill, put_affine, put_resampling, whole_pixels
from augury.imports.imported import Imported, Source, require_short
from augury.imports.reading import (
    TOP,
    NotUnderstood,
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
from augury.imports.steps import NOT_LITERAL, Name, Step, pipelines_in

_IS_TORCHVISION = re.compile(r"\btorchvision\b|\bRandomHorizontalFlip\b|\bRandomAffine\b|\bToTensor\(")
_ORDERS = {"nearest": 0, "nearest_exact": 0, "nearest-exact": 0, "bilinear": 1, "bicubic": 3, "0": 0, "2": 1, "3": 3}
"""Spline orders by torchvision's names and Pillow's numbers."""
_PADDINGS = {"constant": "constant", "edge": "nearest", "symmetric": "reflect", "reflect": "reflect"}


def read_torchvision(code: str) -> Imported:
    """The spec of the pipeline that Python code makes.

    Raises:
        ImportRefused: it is too long, not Python, or has no pipeline.
    """
    require_short(code)
    reading = Reading()
    pipeline = chosen(pipelines_in(code), RULES, reading)
    read_steps(pipeline.steps, RULES, reading)
    return reading.finished("torchvision")


def _flip(parameter: str, step: Step, reading: Reading) -> None:
    probability = number(step.arguments("p").get("p", 0.5), "p")
    if probability <= 0:
        return
    reading.put(step, **{parameter: True})
    if probability != 0.5:
        reading.lose(f"{step.where} mirrors with probability {probability:g}, the spec with 0.5.")


def _fill_of(step: Step, arguments: dict[str, Any]) -> tuple[int, Fill]:
    """Order and fill of a transform that resamples: nearest pixels on black, unless it says otherwise."""
    said = arguments.get("interpolation", arguments.get("resample", "nearest"))
    name = said.last if isinstance(said, Name) else str(said or "nearest").lower()
    if name not in _ORDERS:
        raise NotUnderstood(f"interpolation is {name!r}, expected one of {', '.join(_ORDERS)}")
    colours = numbers(arguments.get("fill", arguments.get("fillcolor")) or 0, "fill")
    return _ORDERS[name], Fill("constant", sum(colours) / len(colours), is_uniform=len(set(colours)) == 1)


def _rotation(step: Step, reading: Reading) -> None:
    arguments = step.arguments("degrees", "interpolation", "expand", "center", "fill")
    ends = span(arguments.get("degrees", NOT_LITERAL), "degrees", around=0)
    order, fill = _fill_of(step, arguments)
    reading.put(step, rotation_range=symmetric(reading, step, "the angle", ends, "°"))
    put_resampling(reading, step, order, fill)
    for name in ("expand", "center"):
        if arguments.get(name):
            reading.lose(f"{step.where}: {name} is left out; the spec turns about the centre and keeps the size.")


def _affine(step: Step, reading: Reading) -> None:
    arguments = step.arguments("degrees", "translate", "scale", "shear", "interpolation", "fill", "center")
    rotate = span(arguments.get("degrees", NOT_LITERAL), "degrees", around=0)
    shear = numbers(arguments.get("shear") or 0, "shear")
    shear_x = span(shear[0] if len(shear) == 1 else shear[:2], "shear", around=0)
    shifts = numbers(arguments.get("translate") or (0, 0), "translate")
    scale = span(arguments.get("scale") or 1, "scale", around=None)
    if len(shifts) != 2:
        raise NotUnderstood("translate is not a pair of fractions")
    order, fill = _fill_of(step, arguments)
    put_affine(
        reading, step, rotate=rotate, shear=shear_x, scales=(scale, scale), is_one_scale=True,
        shifts=((-shifts[0], shifts[0]), (-shifts[1], shifts[1])),
    )  # fmt: skip
    put_resampling(reading, step, order, fill)
    if any(shear[2:]):
        reading.lose(f"{step.where}: the shear along y is left out; the spec has one along x only.")
    if arguments.get("center"):
        reading.lose(f"{step.where}: center is left out; the spec turns about the centre of the image.")


def _crop(step: Step, reading: Reading) -> None:
    """A crop of a padded image to its size before is a shift by whole pixels, each as likely."""
    arguments = step.arguments("size", "padding", "pad_if_needed", "fill", "padding_mode")
    padding = numbers(arguments.get("padding") or 0, "padding")
    mode = str(arguments.get("padding_mode", "constant"))
    if len(set(padding)) != 1 or padding[0] <= 0 or not padding[0].is_integer() or mode not in _PADDINGS:
        raise NotUnderstood("a crop is a shift only where it crops an image that it has padded evenly")
    shifts = whole_pixels(-padding[0], padding[0])
    reading.put(step, width_shift_range=shifts, height_shift_range=shifts)
    order, fill = _fill_of(step, {"fill": arguments.get("fill")})
    put_resampling(reading, step, order, Fill(_PADDINGS[mode], fill.value, fill.is_uniform))
    if mode == "reflect":
        reading.lose(f"{step.where}: beyond the border, the spec's reflect repeats the border pixel.")
    reading.lose(f"{step.where} is read as a shift of up to {padding[0]:g} pixels, of images that have its size.")


def _jitter(step: Step, reading: Reading) -> None:
    arguments = step.arguments("brightness", "contrast", "saturation", "hue")
    if arguments.get("brightness"):
        low, high = span(arguments["brightness"], "brightness", around=1)
        reading.put(step, brightness_range=(max(low, 0.0), high))
    others = [name for name in ("contrast", "saturation", "hue") if arguments.get(name)]
    if others:
        reading.lose(f"{step.where}: left out for want of a counterpart: {', '.join(others)}.")


def _normalise(step: Step, reading: Reading) -> None:
    arguments = step.arguments("mean", "std", "inplace")
    mean, std = (numbers(arguments.get(name, NOT_LITERAL), name) for name in ("mean", "std"))
    reading.normalise(mean, std)


def _to_unit(_step: Step, reading: Reading) -> None:
    reading.scale(1 / TOP)


def _to_dtype(step: Step, reading: Reading) -> None:
    if step.arguments("dtype", "scale").get("scale"):
        reading.scale(1 / TOP)


def _sometimes(step: Step, reading: Reading) -> None:
    probability = step.arguments("transforms", "p").get("p", 0.5)
    read_steps(step.steps, RULES, reading)
    reading.lose(f"{step.where} leaves images alone but with probability {probability!r}; the spec never does.")


def _inner(step: Step, reading: Reading) -> None:
    read_steps(step.steps, RULES, reading)


RULES: dict[str, Rule] = {
    "RandomHorizontalFlip": partial(_flip, "horizontal_flip"),
    "RandomVerticalFlip": partial(_flip, "vertical_flip"),
    "RandomRotation": _rotation,
    "RandomAffine": _affine,
    "RandomCrop": _crop,
    "ColorJitter": _jitter,
    "Normalize": _normalise,
    "ToTensor": _to_unit,
    "ConvertImageDtype": _to_unit,
    "ToDtype": _to_dtype,
    "RandomApply": _sometimes,
    "Compose": _inner,
    "Sequential": _inner,
    "Resize": leave_out_size,
    "CenterCrop": leave_out_size,
    **dict.fromkeys(
        ("ToImage", "ToImageTensor", "PILToTensor", "ToPILImage", "ToPureTensor", "Identity"), change_nothing
    ),
}
"""What is made of a transform, by its name."""

SOURCE = Source(
    about="Python code that makes a Compose of torchvision's transforms",
    is_in=lambda text: "Compose" in text and _IS_TORCHVISION.search(text) is not None,
    read=read_torchvision,
)
