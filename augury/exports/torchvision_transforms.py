"""The transforms that torchvision v2 brings, as a pipeline that comes as near to a spec as they can."""

from __future__ import annotations

from collections.abc import Iterator

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Caveat, Export, Fidelity
from augury.exports.heading import docstring
from augury.exports.options import ExportOptions
from augury.exports.stock_affine import Library, affine_differences, stock_affine
from augury.exports.stock_intensities import (
    TOP,
    begins_with_floats,
    intensity_differences,
    normalisation,
    samplewise_left_out,
)
from augury.exports.torchvision import beside_tensors

_LIBRARY = Library(
    name="torchvision",
    fills={"constant": "constant"},
    alike=frozenset(),
    has_two_scales=False,
    rounding="as fractions, and rounded to whole pixels",
    remark="",
)
_MAX_SHIFT = 1.0
_USE = """\
    transform(image)  # 8-bit images with one or three channels: PIL, or tensors [C, H, W]"""
_HEAD = """\
import torch
from torchvision.transforms import v2

transform = v2.Compose([
"""


def export_torchvision_transforms(spec: ImageDataGeneratorSpec, options: ExportOptions) -> Export:
    """The spec as a ``v2.Compose`` of torchvision's own transforms, with what is different."""
    differences = _differences(spec, options)
    lines = "".join(f"    {line},\n" for line in _lines(spec, options))
    title = "An augmentation of ImageDataGenerator in torchvision's own transforms."
    code = f"{docstring(title, differences, _USE)}\n{_HEAD}{lines}])\n"
    return Export.of(
        "torchvision-transforms", differences, filename="augmentation.py", media_type="text/x-python", content=code
    )


def _lines(spec: ImageDataGeneratorSpec, options: ExportOptions) -> Iterator[str]:
    """The transforms in the order in which Keras applies what they stand for."""
    is_float = begins_with_floats(spec, options)
    top = 1.0 if is_float else TOP
    yield "v2.ToImage()"
    if is_float:
        yield "v2.ToDtype(torch.float32, scale=True)"
    if spec.has_geometry:
        yield from _affine_lines(spec, options)
    if spec.horizontal_flip:
        yield "v2.RandomHorizontalFlip(p=0.5)"
    if spec.vertical_flip:
        yield "v2.RandomVerticalFlip(p=0.5)"
    if spec.brightness_range is not None:
        yield f"v2.ColorJitter(brightness={spec.brightness_range})"
    if not is_float:
        yield "v2.ToDtype(torch.float32)"
    scaled = normalisation(spec).of_images_in(top)
    if not scaled.is_neutral:
        yield f"v2.Normalize(mean={list(scaled.mean)}, std={list(scaled.std)})"
    if spec.dtype not in (None, "float32"):
        yield f"v2.ToDtype(torch.{spec.dtype})"


def _affine_lines(spec: ImageDataGeneratorSpec, options: ExportOptions) -> Iterator[str]:
    affine = stock_affine(spec, options)
    shifts = tuple(min(each, _MAX_SHIFT) for each in (affine.shift_x, affine.shift_y))
    mode = "NEAREST" if spec.interpolation_order == 0 else "BILINEAR"
    fill = spec.cval / TOP if spec.fill_mode == "constant" else 0.0
    arguments = [
        f"degrees={affine.rotate}",
        f"translate={shifts}" if any(shifts) else "",
        f"scale={affine.scale}" if affine.scale != (1, 1) else "",
        f"shear={affine.shear}" if affine.shear else "",
        f"interpolation=v2.InterpolationMode.{mode}",
        f"fill={fill}" if fill else "",
    ]
    lines = "".join(f"        {each},\n" for each in arguments if each)
    yield f"v2.RandomAffine(\n{lines}    )"


def _differences(spec: ImageDataGeneratorSpec, options: ExportOptions) -> list[Caveat]:
    found = affine_differences(spec, options, _LIBRARY)
    if spec.has_geometry:
        affine = stock_affine(spec, options)
        if max(affine.shift_x, affine.shift_y) > _MAX_SHIFT:
            message = "cut off at the length of the image, which is as far as RandomAffine shifts."
            found.append(
                Caveat(
                    parameters=["width_shift_range", "height_shift_range"],
                    fidelity=Fidelity.APPROXIMATE,
                    message=message,
                )
            )
    if spec.channel_shift_range:
        message = "left out: no transform adds one number to all channels."
        found.append(Caveat(parameters=["channel_shift_range"], fidelity=Fidelity.NOT_EXPRESSIBLE, message=message))
    why = "no transform takes an image's own mean or deviation; the target torchvision has both."
    return [
        *found,
        *intensity_differences(spec, options),
        *samplewise_left_out(spec, why),
        *beside_tensors(spec),
    ]
