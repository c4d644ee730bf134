"""``keras``: a file with one layer, which draws as the spec says and reads every pixel once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Caveat, Export, Fidelity
from augury.exports.options import ExportOptions
from augury.exports.remarks import beside_images

MAX_EXACT_ORDER = 1
"""Of interpolation; from 2 on SciPy's splines begin."""
FILENAME = "exact_augmentation.py"
_NOT_OF_THE_LAYER = {
    "featurewise_center",
    "featurewise_std_normalization",
    "zca_whitening",
    "zca_epsilon",
    "data_format",
    "validation_split",
}
_HEAD = '''"""An augmentation of ImageDataGenerator as one Keras 3 layer, exported by Augury.

In a tf.data pipeline (with the TensorFlow backend), or as the first layer of a model with any backend:

    dataset.batch(32).map(lambda images, labels: (augmentation(images, training=True), labels))
    keras.Sequential([augmentation, ...])

``transform(images, parameters)`` is the same for parameters that are given, to be compared with
ImageDataGenerator.apply_transform.
"""
'''


def to_keras(spec: ImageDataGeneratorSpec, options: ExportOptions) -> Export:
    """The spec as a Python file that needs Keras 3 and NumPy alone."""
    return Export.of(
        "keras",
        list(_differences(spec)),
        filename=FILENAME,
        media_type="text/x-python",
        content=f"{_HEAD}\n{_layer()}\n\n{_made(spec, options)}",
    )


def learnt_by(spec: ImageDataGeneratorSpec) -> tuple[str, ...]:
    """What has to be learnt from the training images first, by the layer's names: some of mean, std, whitening."""
    needed = {
        "mean": spec.needs_fit,
        "std": spec.featurewise_std_normalization,
        "whitening": spec.zca_whitening,
    }
    return tuple(name for name, is_needed in needed.items() if is_needed)


@cache
def _layer() -> str:
    return files("augury.exports").joinpath("templates/keras.py.txt").read_text(encoding="utf-8")


def _made(spec: ImageDataGeneratorSpec, options: ExportOptions) -> str:
    """The lines that make the layer of this spec; a function of them where something has to be learnt first."""
    arguments: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in spec.model_dump(exclude_defaults=True, exclude=_NOT_OF_THE_LAYER).items()
    }
    if spec.interpolation_order > MAX_EXACT_ORDER:
        arguments["interpolation_order"] = MAX_EXACT_ORDER
    if options.is_corrected:
        arguments["corrected"] = True
    given = [f"{name}={value!r}" for name, value in arguments.items()]
    learnt = learnt_by(spec)
    if not learnt:
        return _call("augmentation = ", given)
    made = _call("return ", [*given, *(f"{name}={name}" for name in learnt)])
    indented = "".join(f"    {line}\n" for line in made.splitlines())
    says = '"""The layer, with what is learnt from the training images; see ExactAugmentation."""'
    return f"def augmentation({', '.join(learnt)}):\n    {says}\n{indented}"


def _call(before: str, arguments: list[str]) -> str:
    if not arguments:
        return f"{before}ExactAugmentation()\n"
    return "\n".join([f"{before}ExactAugmentation(", *(f"    {each}," for each in arguments), ")\n"])


def _differences(spec: ImageDataGeneratorSpec) -> Iterator[Caveat]:
    if spec.interpolation_order > MAX_EXACT_ORDER and spec.has_geometry:
        yield Caveat(
            parameters=["interpolation_order"],
            fidelity=Fidelity.APPROXIMATE,
            message=f"interpolation_order {spec.interpolation_order} is a spline through many pixels; the layer reads "
            "between the four nearest ones (order 1).",
        )
    if spec.dtype == "float16":
        yield Caveat(
            parameters=["dtype"],
            fidelity=Fidelity.APPROXIMATE,
            message="dtype float16: the layer computes with 32 bits and rounds at the end, and not at every step.",
        )
    learnt = learnt_by(spec)
    if learnt:
        yield Caveat(
            parameters=[
                name
                for name in ("featurewise_center", "featurewise_std_normalization", "zca_whitening")
                if getattr(spec, name)
            ],
            fidelity=Fidelity.EXACT,
            message=f"{', '.join(learnt)} of the training images must be given: the file defines "
            f"augmentation({', '.join(learnt)}). ImageDataGenerator.fit learns them, as mean, std and "
            "zca_whitening_matrix.",
        )
    yield from beside_images(spec)
