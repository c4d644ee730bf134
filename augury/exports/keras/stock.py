"""``keras-layers``: the layers that Keras 3 brings, one for each transform."""

from __future__ import annotations

from collections.abc import Iterator

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Caveat, Export, Fidelity
from augury.exports.keras import preprocessing, steps
from augury.exports.keras.steps import Step, Steps, difference
from augury.exports.options import ExportOptions
from augury.exports.remarks import beside_images

FILENAME = "keras_layers.py"
_GEOMETRY: tuple[Steps, ...] = (steps.rotation, steps.translation, steps.shear, steps.zoom)
"""In the order in which the spec's one map has them."""
_INTENSITY: tuple[Steps, ...] = (steps.channel_shift, steps.flips, steps.brightness)
_PREPROCESSING: tuple[Steps, ...] = (
    preprocessing.function,
    preprocessing.rescale,
    preprocessing.samplewise,
    preprocessing.featurewise,
)
_GEOMETRIC = ("rotation_range", "width_shift_range", "height_shift_range", "shear_range", "zoom_range")


def to_keras_layers(spec: ImageDataGeneratorSpec, options: ExportOptions) -> Export:
    """The spec as ``keras.layers.Pipeline``."""
    geometry = _carried_out(_GEOMETRY, spec, options)
    rest = _carried_out((*_INTENSITY, *_PREPROCESSING), spec, options)
    moving = [step.layer for step in geometry if step.layer is not None]
    differences = [
        *_of_resampling(spec, options, len(moving)),
        *(each for step in (*geometry, *rest) for each in step.differences),
        *_of_types(spec),
        *beside_images(spec),
    ]
    made = [*moving, *(step.layer for step in rest if step.layer is not None)]
    return Export.of(
        "keras-layers", differences, filename=FILENAME, media_type="text/x-python", content=_code(spec, made)
    )


def _carried_out(table: tuple[Steps, ...], spec: ImageDataGeneratorSpec, options: ExportOptions) -> list[Step]:
    return [step for steps_of in table for step in steps_of(spec, options)]


def _code(spec: ImageDataGeneratorSpec, made: list[str]) -> str:
    lines = [f"        {each}," for each in made]
    if not spec.needs_fit:
        pipeline = ["augmentation = layers.Pipeline(", "    [", *lines, "    ]", ")"]
        return "\n".join(["from keras import layers", "", *pipeline, ""])
    has_deviation = spec.featurewise_std_normalization
    head = ["import numpy as np", "from keras import layers", "", ""]
    says = [
        f"def augmentation({'mean, std' if has_deviation else 'mean'}):",
        '    """The layers, with what is learnt from the training images, by channel."""',
        f"    scale = {'1 / (np.ravel(std) + 1e-6)' if has_deviation else 'np.ones(np.size(mean))'}",
    ]
    inner = ["    return layers.Pipeline(", "        [", *(f"    {line}" for line in lines), "        ]", "    )"]
    return "\n".join([*head, *says, *inner, ""])


def _of_resampling(spec: ImageDataGeneratorSpec, options: ExportOptions, count: int) -> Iterator[Caveat]:
    """What all geometric layers have in common; *count* is how many there are."""
    moved = [name for name in _GEOMETRIC if getattr(spec, name)]
    if not count:
        return
    if count > 1:
        says = (
            f"{count} layers read the pixels anew, one after the other, where the spec reads them once: images come "
            "out more blurred, and what one layer pushes out of the picture is gone for the next."
        )
        yield difference(Fidelity.APPROXIMATE, says, *moved)
    if spec.fill_mode in ("constant", "wrap"):
        says = "fill_mode constant: the layers blend the image's border with the fill value, where SciPy cuts it off."
        if spec.fill_mode == "wrap":
            says = "fill_mode wrap repeats the image after its whole length, and SciPy after one pixel less."
        yield difference(Fidelity.APPROXIMATE, says, "fill_mode")
    if spec.interpolation_order != 1:
        names = {0: "the nearest pixel, which is another one where two are as near"}
        reads = names.get(spec.interpolation_order, "four pixels (bilinear) instead of a spline")
        says = f"interpolation_order {spec.interpolation_order}: the layers read {reads}."
        yield difference(Fidelity.APPROXIMATE, says, "interpolation_order")
    yield from _of_the_pivot(spec, options, moved)


def _of_the_pivot(spec: ImageDataGeneratorSpec, options: ExportOptions, moved: list[str]) -> Iterator[Caveat]:
    """What Keras's semantics do to images that are not square, or might not be."""
    if options.is_corrected or options.is_square:
        return
    if options.is_square is None:
        says = "ImageDataGenerator treats images that are not square otherwise: name the image size to know."
        yield difference(Fidelity.APPROXIMATE, says, *moved)
        return
    turned = [name for name in moved if not name.endswith("shift_range")]
    if turned:
        says = "ImageDataGenerator turns and zooms images that are not square about a point that is not their centre."
        yield difference(Fidelity.APPROXIMATE, says, *turned)


def _of_types(spec: ImageDataGeneratorSpec) -> Iterator[Caveat]:
    if spec.dtype == "float16":
        says = "dtype float16: layers compute with the type that their policy says, which is usually float32."
        yield difference(Fidelity.APPROXIMATE, says, "dtype")
