"""Rules about centring, scaling and whitening, by an image's own statistics or by the training set's."""

from __future__ import annotations

import math

from api_schemas.lint import Severity
from augury.linting.case import Case, Hit, Rule

NEAR_CONSTANT = 0.01
WHITENED_PIXELS = 4096
_FLOAT_BYTES = 4


def _featurewise_statistics(case: Case) -> Hit | None:
    spec = case.spec
    if not spec.featurewise_center and not spec.featurewise_std_normalization:
        return None
    scale = spec.rescale or 1.0
    numbers = "the statistics are"
    if case.facts:
        pixels = case.handed_pixels
        mean, deviation = pixels.mean * scale, pixels.deviation * abs(scale)
        numbers = f"the mean is about {mean:.4g} and the deviation {deviation:.4g},"
    steps = [
        *([f"preprocessing_function {spec.preprocessing_function}"] if spec.preprocessing_function else []),
        *([f"rescale={spec.rescale:g}"] if spec.rescale else []),
    ]
    order = f"after {' and '.join(steps)}" if steps else "on the raw values"
    return Hit({"numbers": numbers, "order": order})


def _featurewise_after_samplewise(case: Case) -> Hit | None:
    spec = case.spec
    if not case.is_samplewise or not (spec.featurewise_center or spec.featurewise_std_normalization):
        return None
    scale = spec.rescale or 1.0
    pixels = case.handed_pixels
    mean, deviation = pixels.mean * scale, pixels.deviation * abs(scale) + 1e-6
    centre = -mean / (deviation if spec.featurewise_std_normalization else 1)
    values = "your dataset" if case.facts else "8-bit images (assumed)"
    return Hit(
        {"mean": mean, "deviation": deviation, "centre": centre, "values": values},
        {"featurewise_center": False, "featurewise_std_normalization": False},
    )


def _samplewise_near_constant(case: Case) -> Hit | None:
    pixels = case.pixels
    if case.facts is None or not case.spec.samplewise_std_normalization:
        return None
    if pixels.deviation > NEAR_CONSTANT * max(pixels.span, 1e-6):
        return None
    scale = abs(case.spec.rescale or 1.0)
    gain = scale / (pixels.deviation * scale + 1e-6)
    numbers = {"deviation": pixels.deviation, "low": pixels.low, "high": pixels.high, "gain": gain}
    return Hit(numbers, {"samplewise_std_normalization": False, "samplewise_center": True})


def _samplewise_hides_intensity(case: Case) -> Hit | None:
    if not case.is_samplewise:
        return None
    lost = "brightness and contrast" if case.spec.samplewise_std_normalization else "brightness"
    return Hit({"lost": lost})


def _needs_fit(case: Case) -> Hit | None:
    names = ("featurewise_center", "featurewise_std_normalization", "zca_whitening")
    wanting = tuple(name for name in names if getattr(case.spec, name))
    return Hit({"names": " and ".join(wanting)}, parameters=wanting) if wanting else None


def _zca_too_large(case: Case) -> Hit | None:
    if not case.spec.zca_whitening or case.facts is None:
        return None
    pixels = math.prod(case.facts.shape)
    if pixels <= WHITENED_PIXELS:
        return None
    numbers = {"pixels": pixels, "size": _bytes(pixels * pixels * _FLOAT_BYTES), "images": case.images}
    return Hit(numbers, {"zca_whitening": False})


def _bytes(count: int) -> str:
    power = min(int(math.log(count, 1000)), 5)
    return f"{count / 1000**power:.3g} {('B', 'kB', 'MB', 'GB', 'TB', 'PB')[power]}"


def _zca_too_few_images(case: Case) -> Hit | None:
    if not case.spec.zca_whitening or case.facts is None:
        return None
    pixels = math.prod(case.facts.shape)
    if case.facts.images >= pixels:
        return None
    numbers = {"count": case.facts.images, "pixels": pixels, "epsilon": case.spec.zca_epsilon}
    return Hit(numbers, {"zca_epsilon": max(0.1, case.spec.zca_epsilon)})


RULES = (
    Rule(
        id="featurewise-statistics",
        severity=Severity.INFO,
        parameters=("featurewise_center", "featurewise_std_normalization", "rescale"),
        trigger="`featurewise_center` or `featurewise_std_normalization`",
        why="Statistics are taken after rescale in Keras 3, before it in older versions, and without augmentation.",
        message="Featurewise normalisation: {numbers} taken {order}, per channel, over unaugmented training images.",
        remedy="Use the same statistics for validation and in production.",
        check=_featurewise_statistics,
        reference="keras-team/keras#9313",
    ),
    Rule(
        id="featurewise-after-samplewise",
        severity=Severity.ERROR,
        parameters=("featurewise_center", "featurewise_std_normalization", "samplewise_center"),
        trigger="featurewise and samplewise normalisation together",
        why="Featurewise statistics are computed without the samplewise steps, and applied after them.",
        message="Samplewise normalisation centres every image at 0; then the featurewise mean of {values}, {mean:.3g}, "
        "which was taken without it, is subtracted too (deviation {deviation:.3g}): images end up around {centre:.3g}.",
        remedy="Use one of the two.",
        check=_featurewise_after_samplewise,
        reference="Keras 3.15, fit and standardize",
    ),
    Rule(
        id="samplewise-near-constant",
        severity=Severity.WARNING,
        parameters=("samplewise_std_normalization",),
        trigger="`samplewise_std_normalization`, and a deviation of at most 1 % of the values' range",
        why="An image without contrast is divided by almost nothing, and its noise becomes the picture.",
        message="Your images hardly vary (deviation {deviation:.3g} on values of {low:g} to {high:g}), and dividing by "
        "an image's own deviation multiplies its noise by {gain:.3g}.",
        remedy="Centre only, or use featurewise statistics.",
        check=_samplewise_near_constant,
        reference="Keras 3.15, standardize",
    ),
    Rule(
        id="samplewise-hides-intensity",
        severity=Severity.INFO,
        parameters=("samplewise_center", "samplewise_std_normalization"),
        trigger="samplewise normalisation",
        why="Where absolute intensity tells classes apart (exposure, fluorescence, uptake), the signal is removed.",
        message="Every image is brought to the same mean, so its overall {lost} cannot be learned from.",
        remedy="Keep it if lighting is a nuisance; use rescale or featurewise statistics if it is a signal.",
        check=_samplewise_hides_intensity,
    ),
    Rule(
        id="needs-fit",
        severity=Severity.INFO,
        parameters=("featurewise_center", "featurewise_std_normalization", "zca_whitening"),
        trigger="a parameter that needs statistics of the training images",
        why="Without fit() Keras only warns and feeds images that are not normalised.",
        message="{names} needs fit() on the training images. Jobs do that; your own code must, before flow().",
        remedy="Call fit() with the training part only, never with validation images in it.",
        check=_needs_fit,
        reference="keras-team/keras#3679",
    ),
    Rule(
        id="zca-too-large",
        severity=Severity.ERROR,
        parameters=("zca_whitening",),
        trigger="`zca_whitening` on images of more than 4,096 values",
        why="Whitening needs a matrix of values by values, and its decomposition.",
        message="For {images} of {pixels} values, zca_whitening needs a matrix of {size}.",
        remedy="Leave it out, or make the images smaller; featurewise normalisation is the affordable part of it.",
        check=_zca_too_large,
        reference="asmith26/wide_resnets_keras#1",
    ),
    Rule(
        id="zca-too-few-images",
        severity=Severity.WARNING,
        parameters=("zca_whitening", "zca_epsilon"),
        trigger="`zca_whitening` with fewer images than an image has values",
        why="Directions in which the training images do not vary are blown up by 1/sqrt(zca_epsilon).",
        message="{count} images cannot say how {pixels} values vary together; directions unseen in training are "
        "multiplied by up to 1/sqrt({epsilon:g}) in validation.",
        remedy="Raise zca_epsilon to 0.1 or so, or leave whitening out.",
        check=_zca_too_few_images,
        reference="asmith26/wide_resnets_keras#1",
    ),
)
