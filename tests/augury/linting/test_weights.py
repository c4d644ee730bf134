"""What is said to specs for networks with published weights."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.training.models import APPLICATIONS
from augury.augmentation.preprocessing_functions import FUNCTIONS
from augury.linting.networks.weights import EXPECTED, weights_findings
from tests.store.databases import FACTS

RESNET = "applications/ResNet50"


def _rules(spec: dict[str, Any], shape: tuple[int, int, int] | None = None, network: str = RESNET) -> list[str]:
    facts = None if shape is None else FACTS.model_copy(update={"shape": shape})
    return [finding.rule for finding in weights_findings(network, ImageDataGeneratorSpec.model_validate(spec), facts)]


def test_every_network_with_weights_expects_something_that_there_is() -> None:
    """A network more is a row more."""
    assert set(EXPECTED) == set(APPLICATIONS)
    assert {expected.function for expected in EXPECTED.values()} <= set(FUNCTIONS)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"rescale": 1 / 255},
        {"preprocessing_function": "imagenet_tf"},
        {"preprocessing_function": "imagenet_caffe", "rescale": 1 / 255},
        {"preprocessing_function": "imagenet_caffe", "samplewise_center": True},
    ],
)
def test_other_preprocessing_than_the_weights_were_made_with_is_pointed_out(spec: dict[str, Any]) -> None:
    """Another function, none, or something on top of the right one."""
    assert _rules(spec) == ["weights-preprocessing"]


def test_what_the_weights_were_made_with_is_left_alone() -> None:
    """With whatever augmentation."""
    assert _rules({"preprocessing_function": "imagenet_caffe", "rotation_range": 20, "horizontal_flip": True}) == []


@pytest.mark.parametrize(("side", "expected"), [(111, ["weights-image-size"]), (112, []), (224, [])])
def test_much_smaller_images_are_pointed_out(side: int, expected: list[str]) -> None:
    """Less than half of the side that the weights were made with."""
    assert _rules({"preprocessing_function": "imagenet_caffe"}, (side, 300, 3)) == expected


@pytest.mark.parametrize(("channels", "expected"), [(1, ["weights-channels"]), (3, []), (4, ["weights-channels"])])
def test_images_of_other_than_three_channels_are_pointed_out(channels: int, expected: list[str]) -> None:
    """Gray ones, or those with an alpha, which the first layer does not take."""
    assert _rules({"preprocessing_function": "imagenet_caffe"}, (224, 224, channels)) == expected


def test_a_network_of_ones_own_expects_nothing_that_is_known() -> None:
    """Nothing is said."""
    assert _rules({}, (8, 8, 1), "model_1") == []
