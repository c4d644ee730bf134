"""Every library that a spec can be exported to: one row each."""

from __future__ import annotations

from collections.abc import Callable

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Export, Target
from augury.exports.keras.exact import to_keras
from augury.exports.keras.stock import to_keras_layers
from augury.exports.options import ExportOptions

TARGETS: dict[Target, Callable[[ImageDataGeneratorSpec, ExportOptions], Export]] = {
    "keras": to_keras,
    "keras-layers": to_keras_layers,
}


def export(spec: ImageDataGeneratorSpec, target: Target, options: ExportOptions) -> Export:
    """The *spec* in the words of *target*, which says what is different there.

    Raises:
        KeyError: there is no such target.
    """
    return TARGETS[target](spec, options)
