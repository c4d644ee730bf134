"""The deterministic half of a spec in layers of Keras 3."""

from __future__ import annotations

from collections.abc import Iterator

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Fidelity
from augury.exports.keras.steps import Step, difference
from augury.exports.options import ExportOptions

_FUNCTIONS = {
    "imagenet_tf": "layers.Rescaling(1 / 127.5, offset=-1.0)",
    "imagenet_torch": "layers.Rescaling([1 / 58.395, 1 / 57.12, 1 / 57.375], "
    "offset=[-123.675 / 58.395, -116.28 / 57.12, -103.53 / 57.375])",
}


def function(spec: ImageDataGeneratorSpec, _: ExportOptions) -> Iterator[Step]:
    """What keras.applications does, where it only scales and shifts."""
    name = spec.preprocessing_function
    if name is None:
        return
    layer = _FUNCTIONS.get(name)
    if layer is None:
        says = f"No layer exchanges channels, which {name} does: begin the model with preprocess_input instead."
        yield Step(None, (difference(Fidelity.NOT_EXPRESSIBLE, says, "preprocessing_function"),))
    else:
        yield Step(layer)


def rescale(spec: ImageDataGeneratorSpec, _: ExportOptions) -> Iterator[Step]:
    """A factor."""
    if spec.rescale:
        yield Step(f"layers.Rescaling({spec.rescale!r})")


def samplewise(spec: ImageDataGeneratorSpec, _: ExportOptions) -> Iterator[Step]:
    """Each image by its own mean and deviation; LayerNormalization does both or neither."""
    if spec.samplewise_std_normalization:
        yield Step("layers.LayerNormalization(axis=(-3, -2, -1), center=False, scale=False, epsilon=1e-12)")
    elif spec.samplewise_center:
        says = "No layer subtracts an image's own mean without dividing by its deviation, too."
        yield Step(None, (difference(Fidelity.NOT_EXPRESSIBLE, says, "samplewise_center"),))


def featurewise(spec: ImageDataGeneratorSpec, _: ExportOptions) -> Iterator[Step]:
    """Mean and deviation of the training images, which must be given."""
    if not spec.needs_fit:
        return
    given = "mean and std" if spec.featurewise_std_normalization else "mean"
    says = f"The training images' {given} must be given; ImageDataGenerator.fit learns them."
    names = [name for name in ("featurewise_center", "featurewise_std_normalization") if getattr(spec, name)]
    notes = [difference(Fidelity.EXACT, says, *(names or ["zca_whitening"]))]
    if spec.zca_whitening:
        whitened = "No layer multiplies images by a whitening matrix; their mean is subtracted only."
        notes.append(difference(Fidelity.NOT_EXPRESSIBLE, whitened, "zca_whitening"))
    # Not Normalization, which breaks when its first images come by way of a Pipeline.
    yield Step("layers.Rescaling(scale.tolist(), offset=(-np.ravel(mean) * scale).tolist())", tuple(notes))
