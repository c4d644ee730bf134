"""Preprocessing as the one normalisation ``(x - mean) / std`` that other libraries have."""

from __future__ import annotations

from dataclasses import dataclass

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Caveat, Fidelity
from augury.exports.options import ExportOptions

TOP = 255.0
"""The range of the 8-bit images that a pipeline gets."""

_MAX_STD = 1e30

_IMAGENET = {
    "imagenet_tf": ((127.5,), (127.5,)),
    "imagenet_torch": (
        (0.485 * TOP, 0.456 * TOP, 0.406 * TOP),
        (0.229 * TOP, 0.224 * TOP, 0.225 * TOP),
    ),
}
"""Mean and deviation in units of 0-255 by the name of a preprocessing function."""


@dataclass(frozen=True)
class Normalisation:
    """``(x - mean) / std`` of images in 0-255: one number, or one a channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def of_images_in(self, top: float) -> Normalisation:
        """The same of images in 0 to *top*."""
        scale = top / TOP
        return Normalisation(tuple(each * scale for each in self.mean), tuple(each * scale for each in self.std))

    @property
    def is_neutral(self) -> bool:
        """Whether it changes nothing."""
        return self.mean == (0.0,) and self.std == (1.0,)


def normalisation(spec: ImageDataGeneratorSpec) -> Normalisation:
    """Preprocessing function and rescale in one; those that need more are left out."""
    mean, std = _IMAGENET.get(spec.preprocessing_function or "", ((0.0,), (1.0,)))
    return Normalisation(mean, tuple(_bounded(each / (spec.rescale or 1.0)) for each in std))


def _bounded(std: float) -> float:
    """A number that can be written down; dividing by it gives 0 all the same."""
    return min(max(std, -_MAX_STD), _MAX_STD)


def begins_with_floats(spec: ImageDataGeneratorSpec, options: ExportOptions) -> bool:
    """Whether 8-bit images have to become floats first, as Keras's are.

    Otherwise what is resampled or shifted would be rounded; and the corrected brightness, too, which rounds nothing.
    """
    is_brightened_directly = options.is_corrected and spec.brightness_range is not None
    return spec.has_geometry or spec.channel_shift_range > 0 or is_brightened_directly


def intensity_differences(spec: ImageDataGeneratorSpec, options: ExportOptions) -> list[Caveat]:
    """What is different in brightness and preprocessing, whatever library it is."""
    found = []
    if spec.brightness_range is not None and not options.is_corrected and begins_with_floats(spec, options):
        most = spec.brightness_range[1] + 1
        message = f"not cut down to whole levels before and after, as Keras does: up to {most:.3g} of 255 brighter."
        found.append(Caveat(parameters=["brightness_range"], fidelity=Fidelity.APPROXIMATE, message=message))
    if spec.preprocessing_function == "imagenet_caffe":
        found.append(_left_out(["preprocessing_function"], "left out: it exchanges red and blue."))
    learned = [
        name for name in ("featurewise_center", "featurewise_std_normalization", "zca_whitening") if getattr(spec, name)
    ]
    if learned:
        found.append(_left_out(learned, "left out: it needs figures of the training images."))
    return found


def samplewise_left_out(spec: ImageDataGeneratorSpec, why: str) -> list[Caveat]:
    """That normalisation by the image's own mean or deviation is not there."""
    asked = [name for name in ("samplewise_center", "samplewise_std_normalization") if getattr(spec, name)]
    return [_left_out(asked, f"left out: {why}")] if asked else []


def _left_out(parameters: list[str], message: str) -> Caveat:
    return Caveat(parameters=parameters, fidelity=Fidelity.NOT_EXPRESSIBLE, message=message)
