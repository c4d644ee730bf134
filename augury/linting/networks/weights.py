"""What a spec has to say to published weights: they were made for images of one kind, and know no others."""

from __future__ import annotations

from typing import NamedTuple

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import Finding, Severity


class Expected(NamedTuple):
    """What images the weights of a network were made with."""

    function: str
    """The ``preprocessing_function``, as the network's module of ``keras.applications`` has it."""
    side: int
    """Height and width."""
    channels: int = 3


EXPECTED = {
    "applications/DenseNet121": Expected("imagenet_torch", 224),
    "applications/EfficientNetV2B0": Expected("imagenet_tf", 224),
    "applications/InceptionV3": Expected("imagenet_tf", 299),
    "applications/MobileNet": Expected("imagenet_tf", 224),
    "applications/MobileNetV2": Expected("imagenet_tf", 224),
    "applications/MobileNetV3Small": Expected("imagenet_tf", 224),
    "applications/ResNet50": Expected("imagenet_caffe", 224),
    "applications/ResNet50V2": Expected("imagenet_tf", 224),
    "applications/VGG16": Expected("imagenet_caffe", 224),
    "applications/Xception": Expected("imagenet_tf", 299),
}
"""Those of ImageNet, of networks without preprocessing layers of their own."""
MAX_SHRINKAGE = 2
"""Images of less than this part of the side are pointed out."""


def weights_findings(network: str, spec: ImageDataGeneratorSpec, facts: DatasetFacts | None) -> list[Finding]:
    """What is to be said about a spec for a network whose weights of ImageNet are trained further."""
    expected = EXPECTED.get(network)
    if expected is None:
        return []
    found = [
        _of_preprocessing(network, spec, expected),
        _of_channels(network, facts, expected),
        _of_size(network, facts, expected),
    ]
    return [finding for finding in found if finding is not None]


def _of_preprocessing(network: str, spec: ImageDataGeneratorSpec, expected: Expected) -> Finding | None:
    is_alone = spec.preprocessing() == ImageDataGeneratorSpec(preprocessing_function=spec.preprocessing_function)
    if spec.preprocessing_function == expected.function and is_alone:
        return None
    got = f"has {spec.preprocessing_function or 'none'}" + ("" if is_alone else ", and something else on top of it")
    return Finding(
        rule="weights-preprocessing",
        severity=Severity.WARNING,
        message=f"the weights of {network} were made with preprocessing_function {expected.function!r} alone; this "
        f"spec {got}, so that its images have values that the weights do not know",
        remedy=f"Set preprocessing_function to {expected.function!r} and leave out rescale, centring and "
        "normalisation, in the baseline, too.",
        parameters=["preprocessing_function", "rescale"],
    )


def _of_channels(network: str, facts: DatasetFacts | None, expected: Expected) -> Finding | None:
    if facts is None or facts.shape[2] == expected.channels:
        return None
    return Finding(
        rule="weights-channels",
        severity=Severity.ERROR,
        message=f"the weights of {network} were made with images of {expected.channels} channels, and these have "
        f"{facts.shape[2]}: its first layer cannot take them",
        remedy="Register the dataset with color_mode 'rgb'.",
        parameters=[],
    )


def _of_size(network: str, facts: DatasetFacts | None, expected: Expected) -> Finding | None:
    if facts is None or min(facts.shape[:2]) * MAX_SHRINKAGE >= expected.side:
        return None
    height, width, _ = facts.shape
    side = f"{expected.side}×{expected.side}"
    return Finding(
        rule="weights-image-size",
        severity=Severity.INFO,
        message=f"the weights of {network} were made with images of {side}, and these are {height}×{width}: what they "
        "know of shapes is of other sizes",
        remedy=f"Register the dataset with an image_size nearer to {side}, if its files have it.",
        parameters=[],
    )
