"""``keras``: a file with one layer, which draws as the spec says and reads every pixel once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Difference, Export, Fidelity
from augury.exports.options import ExportOptions

MAX_EXACT_ORDER = 1
_LEARNT = {"featurewise_center": "mean", "featurewise_std_normalization": "std", "zca_whitening": "whitening"}
_ATTRIBUTES = {"mean": "generator.mean", "std": "generator.std", "whitening": "generator.zca_whitening_matrix"}
_NOT_OF_THE_LAYER = {*_LEARNT, "zca_epsilon", "data_format", "dtype", "validation_split"}


def to_keras(spec: ImageDataGeneratorSpec, options: ExportOptions) -> Export:
    """The spec as a Python file that needs Keras 3 and NumPy alone."""
    return Export.of(
        "keras",
        list(_differences(spec)),
        filename="exact_augmentation.py",
        media_type="text/x-python",
        content=f"{_HEAD}\n{_layer()}\n\n{_made(spec, options)}",
    )


_HEAD = '''"""An augmentation of ImageDataGenerator as one Keras 3 layer, exported by Augury.

In a tf.data pipeline (with the TensorFlow backend), or as the first layer of a model with any backend:

    dataset.batch(32).map(lambda images, labels: (augmentation(images, training=True), labels))
    keras.Sequential([augmentation, ...])

``transform(images, parameters)`` is the same for parameters that are given, which can be compared with
ImageDataGenerator.apply_transform.
"""
'''


@cache
def _layer() -> str:
    return files(__package__).joinpath("exact_layer.py.template").read_text(encoding="utf-8")


def _made(spec: ImageDataGeneratorSpec, options: ExportOptions) -> str:
    """The lines that make the layer of this spec."""
    arguments: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in spec.model_dump(exclude_defaults=True, exclude=_NOT_OF_THE_LAYER).items()
    }
    if options.is_corrected:
        arguments["corrected"] = True
    lines = [f"    {name}={value!r}," for name, value in arguments.items()]
    return "\n".join(["augmentation = ExactAugmentation(", *lines, ")\n"])


def _differences(spec: ImageDataGeneratorSpec) -> Iterator[Difference]:
    if False:
        yield Difference(parameters=[], fidelity=Fidelity.EXACT, message=json.dumps(spec))
