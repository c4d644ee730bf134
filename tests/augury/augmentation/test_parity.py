"""The engine against the installed Keras: the same batches for the same seed, over random specs and images.

``AUGURY_PARITY_CASES`` sets the number of random cases (thousands for a nightly run).
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.preprocessing_functions import FUNCTIONS
from tests.api_schemas.specs import accepted

pytestmark = pytest.mark.filterwarnings("ignore")

CASES = int(os.environ.get("AUGURY_PARITY_CASES", "150"))
TOLERANCE = 0.01  # on a 0-255 scale, before rescale

SHIFTS = st.sampled_from([0.0, 0.1, 0.5, 0.99, 1.0, 2.5, 1, 3, [1, 2], [-0.2, 0.3], [0.5], [-2, 0]])
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "rotation_range": st.floats(0, 180),
        "width_shift_range": SHIFTS,
        "height_shift_range": SHIFTS,
        "shear_range": st.floats(0, 60),
        "zoom_range": st.floats(0, 0.95) | st.sampled_from([[0.5, 0.5], [0.8, 2.0], [1.5, 3.0]]),
        "channel_shift_range": st.sampled_from([0.1, 20.0, 100.0]),
        "brightness_range": st.sampled_from([[0.5, 1.5], [0.0, 2.0], [1.2, 1.2], [1.0, 1.0]]),
        "fill_mode": st.sampled_from(["constant", "nearest", "reflect", "wrap"]),
        "cval": st.sampled_from([0.0, 7.0, -3.0, 300.0]),
        "horizontal_flip": st.booleans(),
        "vertical_flip": st.booleans(),
        "rescale": st.sampled_from([None, 1 / 255, 2.0]),
        "samplewise_center": st.booleans(),
        "featurewise_center": st.booleans(),
        "interpolation_order": st.sampled_from([0, 1, 1, 1, 2, 3, 5]),
        "dtype": st.sampled_from([None, "float32", "float64"]),
    },
)
SHAPES = st.sampled_from([(1, 1), (1, 7), (6, 1), (8, 8), (13, 21), (30, 17), (5, 64)])
TYPES = st.sampled_from(["uint8", "uint16", "float32", "unit", "signed"])


def _images(kind: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).random(shape)
    if kind in ("unit", "signed"):
        return (values if kind == "unit" else 2 * values - 1).astype(np.float32)
    return (values * (60_000 if kind == "uint16" else 255)).astype(kind)


def _both(spec: ImageDataGeneratorSpec) -> tuple[ImageDataGenerator, Pipeline]:
    function = FUNCTIONS.get(spec.preprocessing_function or "")
    return ImageDataGenerator(**spec.constructor_arguments(), preprocessing_function=function), Pipeline(spec)


def _scale(spec: ImageDataGeneratorSpec, images: np.ndarray) -> float:
    """What 1/255 of the images' range becomes in the output."""
    return max(float(np.abs(images).max(initial=1)), 1.0) / 255 * abs(spec.rescale or 1)


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS, SHAPES, st.sampled_from([1, 3, 4]), TYPES, st.integers(0, 2**31 - 1))
def test_flow_gives_the_batches_of_keras(
    parameters: dict[str, Any], size: tuple[int, int], channels: int, kind: str, seed: int
) -> None:
    """The same order, labels, weights and pixels, through the end of an epoch."""
    spec = accepted(parameters)
    if spec is None:
        return
    images, labels = _images(kind, (7, *size, channels), seed), np.arange(7)
    keras, ours = _both(spec)
    if spec.needs_fit:
        keras.fit(images)
        ours.fit(images)
    arguments = {"batch_size": 3, "seed": seed % 10_000, "sample_weight": labels / 7}
    theirs, mine = keras.flow(images, labels, **arguments), ours.flow(images, labels, **arguments)
    # Where an 8-bit step follows the interpolation, a last bit may tip a pixel into the next level.
    is_cut = spec.brightness_range is not None and spec.has_geometry
    for _ in range(4):
        expected, got = next(theirs), next(mine)
        np.testing.assert_array_equal(got[1], expected[1])
        np.testing.assert_array_equal(got[2], expected[2])
        assert got[0].dtype == expected[0].dtype
        error = np.abs(got[0].astype(np.float64) - expected[0])
        exceeding = error > TOLERANCE * _scale(spec, images)
        assert exceeding.mean() <= (0.002 if is_cut and images.size > 2000 else 0), float(error.max())


@pytest.mark.parametrize("parameters", [
    {"samplewise_center": True, "samplewise_std_normalization": True, "rotation_range": 30},
    {"featurewise_std_normalization": True, "rescale": 1 / 255, "zoom_range": 0.2},
    {"samplewise_std_normalization": True, "brightness_range": [0.8, 1.2], "channel_shift_range": 0.1},
    {"zca_whitening": True, "dtype": "float64", "horizontal_flip": True},
    {"preprocessing_function": "imagenet_caffe", "rotation_range": 10},
    {"preprocessing_function": "imagenet_torch", "horizontal_flip": True},
    {"preprocessing_function": "imagenet_tf", "width_shift_range": 0.2},
    {"data_format": "channels_first", "rotation_range": 30, "height_shift_range": 0.3, "featurewise_center": True},
    {"dtype": "float16", "horizontal_flip": True, "rescale": 0.5},
], ids=str)  # fmt: skip
def test_normalised_batches_are_those_of_keras(parameters: dict[str, Any]) -> None:
    """Normalisation of every kind, within a thousandth of a standard deviation."""
    spec = ImageDataGeneratorSpec.model_validate(parameters)
    # Whitening is well-conditioned only with more images than values in one.
    images = _images("uint8", (90, 4, 5, 3) if spec.zca_whitening else (20, 12, 9, 3), 0)
    if spec.data_format == "channels_first":
        images = np.ascontiguousarray(np.moveaxis(images, -1, 1))
    keras, ours = _both(spec)
    keras.fit(images)
    ours.fit(images)
    theirs, mine = keras.flow(images, batch_size=8, seed=3), ours.flow(images, batch_size=8, seed=3)
    for _ in range(4):
        expected, got = next(theirs), next(mine)
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, atol=2e-3 * max(1, float(np.std(expected.astype(np.float64)))))


@settings(max_examples=60, deadline=None)
@given(SPECS, st.integers(0, 2**31 - 1))
def test_single_draws_are_those_of_keras(parameters: dict[str, Any], seed: int) -> None:
    """get_random_transform gives the same dictionary for the same seed."""
    spec = accepted(parameters)
    if spec is None:
        return
    keras, ours = _both(spec)
    expected, got = keras.get_random_transform((9, 14, 3), seed), ours.get_random_transform((9, 14, 3), seed)
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        assert got[name] == (None if value is None else pytest.approx(float(value), abs=1e-12)), name


def test_without_a_seed_the_global_generator_is_drawn_from_as_by_keras() -> None:
    """Both leave NumPy's generator in the same state."""
    spec = ImageDataGeneratorSpec(rotation_range=20, width_shift_range=3, horizontal_flip=True)
    images, states = _images("uint8", (9, 8, 8, 1), 0), []
    batches = []
    for generator in _both(spec):
        np.random.seed(7)
        flow = generator.flow(images, batch_size=4)
        batches.append([next(flow) for _ in range(4)])
        states.append(np.random.get_state()[1:3])
    for expected, got in zip(*batches, strict=True):
        np.testing.assert_allclose(got, expected, atol=TOLERANCE)
    np.testing.assert_array_equal(states[0][0], states[1][0])
    assert states[0][1] == states[1][1]


@pytest.mark.parametrize("subset", ["training", "validation", None])
def test_subsets_are_those_of_keras(subset: Any) -> None:
    """validation_split sets the first part apart."""
    keras, ours = _both(ImageDataGeneratorSpec(validation_split=0.3, vertical_flip=True))
    images, labels = _images("uint8", (20, 4, 4, 1), 0), np.arange(20) % 2
    expected = next(keras.flow(images, labels, seed=1, subset=subset, batch_size=32))
    got = next(ours.flow(images, labels, seed=1, subset=subset, batch_size=32))
    np.testing.assert_array_equal(got[0], expected[0])
    np.testing.assert_array_equal(got[1], expected[1])


def test_an_iterator_can_be_reset_and_asked_for_batches_by_number() -> None:
    """As a Keras iterator: len, [i], reset and on_epoch_end in the middle of an epoch, however far ahead we are."""
    keras, ours = _both(ImageDataGeneratorSpec(rotation_range=20, horizontal_flip=True))
    images, labels = _images("uint8", (10, 6, 6, 1), 0), np.arange(10)
    theirs, mine = (
        keras.flow(images, labels, batch_size=4, seed=5),
        Pipeline(ours.spec, threads=2).flow(images, labels, batch_size=4, seed=5),
    )
    assert len(mine) == len(theirs) == 3
    ending, resetting = (lambda flow: flow.on_epoch_end()), (lambda flow: flow.reset())
    steps: list[Any] = [next, next, next, lambda flow: flow[1], next, resetting, next, next, ending, next, next, ending]
    for step in [*steps, next, next, next, next]:
        expected, got = step(theirs), step(mine)
        if expected is not None:
            np.testing.assert_array_equal(got[1], expected[1])
            np.testing.assert_allclose(got[0], expected[0], atol=TOLERANCE)
