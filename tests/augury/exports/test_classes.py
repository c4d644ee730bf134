"""The class that an export states, and the differences that it lists: computed from the spec, no library needed."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Fidelity, Target
from augury.exports import TARGETS
from augury.exports.options import ExportOptions

EXACT, SAME, APPROXIMATE, NOT = Fidelity
_ANY, _SQUARE, _WIDE = ExportOptions(), ExportOptions(image_size=(32, 32)), ExportOptions(image_size=(32, 64))
_CORRECTED = ExportOptions(semantics="corrected")


@pytest.mark.parametrize(
    ("spec", "options", "albumentations", "torchvision"),
    [
        ({}, _ANY, EXACT, EXACT),
        ({"horizontal_flip": True, "brightness_range": [0.5, 1.5], "rescale": 0.1}, _ANY, EXACT, EXACT),
        ({"preprocessing_function": "imagenet_torch"}, _ANY, EXACT, EXACT),
        ({"preprocessing_function": "imagenet_caffe"}, _ANY, NOT, NOT),
        ({"rotation_range": 20}, _SQUARE, SAME, APPROXIMATE),
        ({"rotation_range": 20}, _CORRECTED, SAME, APPROXIMATE),
        ({"rotation_range": 20}, _ANY, APPROXIMATE, APPROXIMATE),
        ({"rotation_range": 20}, _WIDE, APPROXIMATE, APPROXIMATE),
        ({"rotation_range": 20, "fill_mode": "wrap"}, _SQUARE, APPROXIMATE, APPROXIMATE),
        ({"rotation_range": 20, "interpolation_order": 3}, _SQUARE, APPROXIMATE, APPROXIMATE),
        ({"rotation_range": 20, "brightness_range": [0.5, 1.5]}, _SQUARE, APPROXIMATE, APPROXIMATE),
        ({"width_shift_range": 0.1}, _SQUARE, APPROXIMATE, APPROXIMATE),
        ({"width_shift_range": 3.0}, _SQUARE, APPROXIMATE, APPROXIMATE),
        ({"width_shift_range": 3.0}, _CORRECTED, NOT, NOT),
        ({"zoom_range": 0.1}, _SQUARE, APPROXIMATE, APPROXIMATE),
        ({"shear_range": 10}, _SQUARE, APPROXIMATE, APPROXIMATE),
        ({"channel_shift_range": 10}, _ANY, APPROXIMATE, NOT),
        ({"samplewise_center": True}, _ANY, NOT, NOT),
        ({"samplewise_std_normalization": True}, _ANY, APPROXIMATE, NOT),
        ({"featurewise_center": True}, _ANY, NOT, NOT),
        ({"dtype": "float64"}, _ANY, NOT, EXACT),
        ({"data_format": "channels_first"}, _ANY, NOT, EXACT),
        ({"validation_split": 0.2}, _ANY, EXACT, EXACT),
    ],
)
def test_the_class_follows_from_the_spec_and_from_what_is_known_of_the_images(
    spec: dict[str, Any], options: ExportOptions, albumentations: Fidelity, torchvision: Fidelity
) -> None:
    """Where images might not be square, nothing is claimed that holds for square ones only."""
    read = ImageDataGeneratorSpec(**spec)
    assert TARGETS["albumentations"](read, options).fidelity is albumentations
    assert TARGETS["torchvision-transforms"](read, options).fidelity is torchvision


@pytest.mark.parametrize(
    ("spec", "options", "words"),
    [
        ({"zoom_range": [0.5, 1.0]}, _SQUARE, "uniform in [1, 2], with the mean 1.5"),
        ({"height_shift_range": [1, 2]}, _SQUARE, "where the spec chooses from a set"),
        ({"height_shift_range": 0.1}, _SQUARE, "drawn as fractions, and"),
        ({"height_shift_range": 3.0}, _ANY, "its size is not known here"),
        ({"rotation_range": 5}, _WIDE, "not square about another point"),
        ({"rotation_range": 5, "zoom_range": 0.1}, _SQUARE, "in another order"),
        ({"rotation_range": 5, "fill_mode": "constant"}, _SQUARE, "blended with the fill value"),
        ({"rotation_range": 5, "interpolation_order": 0}, _SQUARE, "by another rule"),
    ],
)
@pytest.mark.parametrize("target", ["albumentations", "torchvision-transforms"])
def test_every_difference_is_listed_with_the_numbers_of_the_spec(
    target: Target, spec: dict[str, Any], options: ExportOptions, words: str
) -> None:
    """In the answer; Python files say it in their docstring, too."""
    exported = TARGETS[target](ImageDataGeneratorSpec(**spec), options)
    assert [each for each in exported.differences if words in each.message], exported.differences
    if exported.media_type == "text/x-python":
        assert words in " ".join((ast.get_docstring(ast.parse(exported.content)) or "").split())


def test_what_cannot_be_said_is_named_and_left_out() -> None:
    """A shift in pixels of images whose size is not known stays out of the affine transform."""
    spec = ImageDataGeneratorSpec(width_shift_range=3.0, height_shift_range=0.2, zca_whitening=True)
    exported = TARGETS["albumentations"](spec, _CORRECTED)
    assert exported.not_expressible == ["width_shift_range", "zca_whitening"]
    affine = json.loads(exported.content)["transform"]["transforms"][1]
    assert affine["translate_percent"] == {"x": [0.0, 0.0], "y": [-0.2, 0.2]}


def test_a_shift_beyond_the_length_of_the_image_is_cut_off_where_torchvision_takes_no_more() -> None:
    """And said to be."""
    exported = TARGETS["torchvision-transforms"](ImageDataGeneratorSpec(width_shift_range=40.0), _SQUARE)
    assert "translate=(0.0, 1.0)" in exported.content
    assert [each for each in exported.differences if "cut off" in each.message]


def test_shifts_of_images_that_are_not_square_are_measured_as_keras_measures_them() -> None:
    """height_shift_range is a fraction of the height, and moves columns; corrected, it moves rows."""
    spec = ImageDataGeneratorSpec(height_shift_range=0.5)
    wide = json.loads(TARGETS["albumentations"](spec, _WIDE).content)["transform"]["transforms"][1]
    assert wide["translate_percent"] == {"x": [-0.25, 0.25], "y": [0.0, 0.0]}
    corrected = ExportOptions(semantics="corrected", image_size=(32, 64))
    upright = json.loads(TARGETS["albumentations"](spec, corrected).content)["transform"]["transforms"][1]
    assert upright["translate_percent"] == {"x": [0.0, 0.0], "y": [-0.5, 0.5]}


@given(
    st.builds(
        ImageDataGeneratorSpec,
        rotation_range=st.floats(0, 360),
        width_shift_range=st.floats(0, 100) | st.integers(0, 100) | st.lists(st.floats(-1, 1), min_size=1, max_size=3),
        height_shift_range=st.floats(0, 100) | st.integers(0, 100),
        zoom_range=st.floats(0, 0.99) | st.tuples(st.floats(5e-324, 1), st.floats(1, 9)),
        channel_shift_range=st.floats(0, 1e6),
        fill_mode=st.sampled_from(["constant", "nearest", "reflect", "wrap"]),
        cval=st.floats(-1e6, 1e6),
        rescale=st.none() | st.floats(-1e6, 1e6) | st.just(5e-324),
        interpolation_order=st.integers(0, 5),
    ),
    st.sampled_from([_ANY, _SQUARE, _WIDE, _CORRECTED]),
)
def test_whatever_the_spec_what_is_exported_can_be_read(spec: ImageDataGeneratorSpec, options: ExportOptions) -> None:
    """As Python, or as JSON without NaN and infinity."""
    for target in ("torchvision", "torchvision-transforms", "albumentations"):
        exported = TARGETS[target](spec, options)
        if exported.media_type == "application/json":
            json.dumps(json.loads(exported.content), allow_nan=False)
        else:
            assert ast.get_docstring(ast.parse(exported.content))
