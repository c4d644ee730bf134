"""A transform of torchvision v2 that draws and computes as ImageDataGenerator does: one self-contained file."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Caveat, Export, Fidelity
from augury.exports.heading import docstring
from augury.exports.options import ExportOptions
from augury.exports.remarks import beside_images
from augury.exports.resolved import zoom_pair

MAX_ORDER = 1
"""Spline orders from 2 on need a filter that runs over the whole image first, which torch has not."""

_TEMPLATE = "torchvision.py.txt"
_SETTINGS_MARK = "#SETTINGS#\n"
_USE = """\
    transform = ImageAugmentation()  # images [..., C, H, W] or PIL, 0-255 as they were stored
    transform(image)

Needs torchvision from 0.21 on. Paste it, or import ImageAugmentation from it."""


def export_torchvision(spec: ImageDataGeneratorSpec, options: ExportOptions) -> Export:
    """The spec as a ``v2.Transform`` whose draws and pixels are ImageDataGenerator's."""
    differences = _differences(spec)
    template = (files("augury.exports") / "templates" / _TEMPLATE).read_text(encoding="utf-8")
    settings = "".join(f"{name} = {value!r}\n" for name, value in _settings(spec, options).items())
    head = docstring("An augmentation of ImageDataGenerator as a transform of torchvision v2.", differences, _USE)
    code = template.replace(_SETTINGS_MARK, settings + f"DTYPE = torch.{spec.dtype or 'float32'}\n")
    return Export.of(
        "torchvision", differences, filename="augmentation.py", media_type="text/x-python", content=f"{head}\n{code}"
    )


def _settings(spec: ImageDataGeneratorSpec, options: ExportOptions) -> dict[str, Any]:
    """The constants of the file. What Keras's constructor makes of a spec is made here."""
    return {
        "ROTATION_RANGE": spec.rotation_range,
        "WIDTH_SHIFT_RANGE": spec.width_shift_range,
        "HEIGHT_SHIFT_RANGE": spec.height_shift_range,
        "SHEAR_RANGE": spec.shear_range,
        "ZOOM_RANGE": zoom_pair(spec),
        "HORIZONTAL_FLIP": spec.horizontal_flip,
        "VERTICAL_FLIP": spec.vertical_flip,
        "CHANNEL_SHIFT_RANGE": spec.channel_shift_range,
        "BRIGHTNESS_RANGE": spec.brightness_range,
        "HAS_GEOMETRY": spec.has_geometry,
        "FILL_MODE": spec.fill_mode,
        "CVAL": spec.cval,
        "INTERPOLATION_ORDER": min(spec.interpolation_order, MAX_ORDER),
        "IS_CORRECTED": options.is_corrected,
        "PREPROCESSING_FUNCTION": spec.preprocessing_function,
        "RESCALE": spec.rescale or 1,
        "SAMPLEWISE_CENTER": spec.samplewise_center or spec.samplewise_std_normalization,
        "SAMPLEWISE_STD_NORMALIZATION": spec.samplewise_std_normalization,
        "FEATUREWISE_CENTER": spec.needs_fit,
        "FEATUREWISE_STD_NORMALIZATION": spec.featurewise_std_normalization,
        "ZCA_WHITENING": spec.zca_whitening,
    }


def _differences(spec: ImageDataGeneratorSpec) -> list[Caveat]:
    found = []
    if spec.has_geometry and spec.interpolation_order > MAX_ORDER:
        message = f"bilinear, where the spec asks for splines of order {spec.interpolation_order}."
        found.append(Caveat(parameters=["interpolation_order"], fidelity=Fidelity.APPROXIMATE, message=message))
    if spec.needs_fit:
        asked = [name for name in _LEARNED if getattr(spec, name)]
        message = "exact with the statistics of the training images, which the constructor has to be given."
        found.append(Caveat(parameters=asked, fidelity=Fidelity.EXACT, message=message))
    return [*found, *beside_tensors(spec)]


def beside_tensors(spec: ImageDataGeneratorSpec) -> list[Caveat]:
    """Remarks about what is not about images; in tensors channels always come first, which needs no remark."""
    return [each for each in beside_images(spec) if "data_format" not in each.parameters]


_LEARNED = ("featurewise_center", "featurewise_std_normalization", "zca_whitening")
