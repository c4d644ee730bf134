"""A pipeline of Albumentations 2, in the form in which it saves and loads pipelines itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Caveat, Export, Fidelity
from augury.exports.options import ExportOptions
from augury.exports.remarks import beside_images
from augury.exports.stock_affine import Library, affine_differences, stock_affine
from augury.exports.stock_intensities import (
    TOP,
    begins_with_floats,
    intensity_differences,
    normalisation,
    samplewise_left_out,
)

_VERSION = "2.0.8"
"""The last one under the MIT licence; a file says which one wrote it."""
_BORDER_MODES = {"constant": 0, "nearest": 1, "reflect": 2, "wrap": 3}
"""OpenCV's numbers; its BORDER_REFLECT repeats the border pixel, as SciPy's reflect does."""
_NEAREST, _LINEAR = 0, 1
_LIBRARY = Library(
    name="Albumentations",
    fills=dict.fromkeys(_BORDER_MODES, "border_mode"),
    alike=frozenset({"nearest", "reflect"}),
    has_two_scales=True,
    rounding="as fractions, and cut down to whole pixels",
    remark="the same pixels for the same angle, within 0.01 of 255, with OpenCV 5; older ones find positions to 1/32 "
    "of a pixel only.",
)
_COLOURS_AS_THEY_ARE = {"contrast": [1.0, 1.0], "saturation": [1.0, 1.0], "hue": [0.0, 0.0]}


def export_albumentations(spec: ImageDataGeneratorSpec, options: ExportOptions) -> Export:
    """The spec as JSON that ``albumentations.load`` reads, with what is different."""
    pipeline = {
        "__version__": _VERSION,
        "transform": {
            "__class_fullname__": "Compose",
            "p": 1.0,
            "transforms": [
                {"__class_fullname__": name, "p": 1.0, **arguments} for name, arguments in _transforms(spec, options)
            ],
            "bbox_params": None,
            "keypoint_params": None,
            "additional_targets": {},
            "is_check_shapes": True,
        },
    }
    return Export.of(
        "albumentations",
        _differences(spec, options),
        filename="augmentation.json",
        media_type="application/json",
        content=json.dumps(pipeline, indent=2) + "\n",
    )


def _transforms(spec: ImageDataGeneratorSpec, options: ExportOptions) -> Iterator[tuple[str, dict[str, Any]]]:
    """The transforms in the order in which Keras applies what they stand for."""
    is_float = begins_with_floats(spec, options)
    top = 1.0 if is_float else TOP
    if is_float:
        yield "ToFloat", {"max_value": TOP}
    if spec.has_geometry:
        yield "Affine", _affine(spec, options)
    if spec.channel_shift_range:
        limit = min(spec.channel_shift_range / TOP, 1.0)
        yield (
            "RandomBrightnessContrast",
            {"brightness_limit": [-limit, limit], "contrast_limit": [0.0, 0.0], "brightness_by_max": True},
        )
    if spec.horizontal_flip:
        yield "HorizontalFlip", {"p": 0.5}
    if spec.vertical_flip:
        yield "VerticalFlip", {"p": 0.5}
    if spec.brightness_range is not None:
        yield "ColorJitter", {"brightness": list(spec.brightness_range), **_COLOURS_AS_THEY_ARE}
    if _is_normalised_by_itself(spec):
        if is_float:
            yield "Normalize", _normalize((0.0,), (1.0 / TOP,))
        yield "Normalize", {"normalization": "image"}
        return
    scaled = normalisation(spec).of_images_in(top)
    yield "Normalize", _normalize(scaled.mean, scaled.std)


def _normalize(mean: tuple[float, ...], std: tuple[float, ...]) -> dict[str, Any]:
    """``(x - mean) / std``; it makes floats of 8-bit images, too."""
    one_each = len(mean) == len(std) == 1
    channels = max(len(mean), len(std))
    return {
        "mean": mean[0] if one_each else list(mean * (channels // len(mean))),
        "std": std[0] if one_each else list(std * (channels // len(std))),
        "max_pixel_value": 1.0,
        "normalization": "standard",
    }


def _affine(spec: ImageDataGeneratorSpec, options: ExportOptions) -> dict[str, Any]:
    affine = stock_affine(spec, options)
    fill = spec.cval / TOP if spec.fill_mode == "constant" else 0.0
    return {
        "rotate": _symmetric(affine.rotate),
        "translate_percent": {
            "x": _symmetric(affine.shift_x),
            "y": _symmetric(affine.shift_y),
        },
        "translate_px": None,
        "scale": {"x": list(affine.scale), "y": list(affine.scale)},
        "shear": {"x": _symmetric(affine.shear), "y": [0.0, 0.0]},
        "interpolation": _NEAREST if spec.interpolation_order == 0 else _LINEAR,
        "mask_interpolation": _NEAREST,
        "border_mode": _BORDER_MODES[spec.fill_mode],
        "fill": fill,
        "fill_mask": 0.0,
        "fit_output": False,
        "keep_ratio": False,
        "balanced_scale": False,
        "rotate_method": "largest_box",
    }


def _symmetric(limit: float) -> list[float]:
    return [-limit, limit] if limit else [0.0, 0.0]


def _is_normalised_by_itself(spec: ImageDataGeneratorSpec) -> bool:
    """Whether the image's own mean and deviation are all there is: whatever scales it before makes no difference."""
    is_mirrored = (spec.rescale or 1) < 0
    return spec.samplewise_std_normalization and spec.preprocessing_function is None and not is_mirrored


def _differences(spec: ImageDataGeneratorSpec, options: ExportOptions) -> list[Caveat]:
    found = affine_differences(spec, options, _LIBRARY)

    def add(parameters: list[str], fidelity: Fidelity, message: str) -> None:
        found.append(Caveat(parameters=parameters, fidelity=fidelity, message=message))

    if spec.channel_shift_range:
        message = "cut off at 0 and 255, where Keras cuts off at the image's own darkest and brightest value."
        add(["channel_shift_range"], Fidelity.APPROXIMATE, message)
    if _is_normalised_by_itself(spec):
        message = "cut off at 20 deviations, and nearly constant images are divided by more than in Keras."
        add(["samplewise_center", "samplewise_std_normalization"], Fidelity.APPROXIMATE, message)
    else:
        why = "Normalize takes an image's own mean and deviation together only, and without a function before it."
        found += samplewise_left_out(spec, why)
    if spec.dtype not in (None, "float32"):
        add(["dtype"], Fidelity.NOT_EXPRESSIBLE, "left out: images come as float32.")
    return [*found, *intensity_differences(spec, options), *beside_images(spec)]
