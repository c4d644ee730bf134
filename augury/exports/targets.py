"""Every library that a spec can be exported to: one row each."""

from __future__ import annotations

from collections.abc import Callable

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Export, Target
from augury.exports.albumentations import export_albumentations
from augury.exports.keras.exact import to_keras
from augury.exports.keras.stock import to_keras_layers
from augury.exports.options import ExportOptions
from augury.exports.torchvision import export_torchvision
from augury.exports.torchvision_transforms import export_torchvision_transforms

TARGETS: dict[Target, Callable[[ImageDataGeneratorSpec, ExportOptions], Export]] = {
    "keras": to_keras,
    "keras-layers": to_keras_layers,
    "torchvision": export_torchvision,
    "torchvision-transforms": export_torchvision_transforms,
    "albumentations": export_albumentations,
}


def export(spec: ImageDataGeneratorSpec, target: Target, options: ExportOptions) -> Export:
    """The *spec* in the words of *target*, which says what is different there.

    Raises:
        KeyError: there is no such target.
    """
    return TARGETS[target](spec, options)
