"""Channel shift, brightness and normalisation in the kernels: against the plain path, and where numbers are awkward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.kernels.fused import kernel
from augury.augmentation.parameters import NOTHING, Draws
from augury.augmentation.reference import transform_image

SIZES = st.sampled_from([(1, 1), (3, 5), (37, 53), (64, 64), (70, 61)])
KINDS = st.sampled_from(["uint8", "uint16", "float32", "unit", "signed"])
SHIFT = st.none() | st.floats(-300, 300, width=32) | st.sampled_from([0.1, -0.0, 1.0, 0.99999994])
BRIGHTNESS = st.none() | st.floats(0, 3, width=32) | st.sampled_from([1.0, 0.0, 0.8])


def _images(kind: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).random(shape)
    if kind in ("unit", "signed"):
        return (values if kind == "unit" else 300 * values - 40).astype(np.float32)
    return (values * (60_000 if kind == "uint16" else 255)).astype(kind)


def _spec(**parameters: Any) -> ImageDataGeneratorSpec:
    return ImageDataGeneratorSpec.model_validate(parameters)


@settings(max_examples=200, deadline=None)
@given(KINDS, SIZES, st.sampled_from([1, 3, 4]), SHIFT, BRIGHTNESS, st.booleans(), st.booleans(), st.integers(0, 99))
def test_shifted_and_brightened_values_are_those_of_the_plain_path(
    kind: str, size: tuple[int, int], channels: int, shift: float | None, brightness: float | None,
    is_mirrored: bool, corrected: bool, seed: int,
) -> None:  # fmt: skip
    """To the last bit, mirrored or not, whether values wait as bytes or as floats, several blocks of them or one."""
    image = _images(kind, (*size, channels), seed)
    drawn = {"channel_shift_intensity": shift, "brightness": brightness, "flip_horizontal": is_mirrored}
    draws = Draws.of_parameters(drawn)
    pipeline = Pipeline(_spec(), semantics="corrected" if corrected else "keras")
    got = pipeline.transform(image[np.newaxis], draws)[0]
    expected = transform_image(
        image.astype(np.float32), draws.table[0], fill_mode="nearest", cval=0.0, order=1, corrected=corrected,
        top={"uint8": 255.0, "uint16": 65535.0}.get(kind, 0.0), data_format="channels_last",
    )  # fmt: skip
    np.testing.assert_array_equal(got, expected)


@settings(max_examples=100, deadline=None)
@given(
    KINDS, SIZES, st.sampled_from([1, 3, 4]), BRIGHTNESS, st.booleans(), st.booleans(), st.sampled_from([1, 1 / 255])
)
def test_an_images_own_mean_and_deviation_are_those_of_exact_sums(
    kind: str, size: tuple[int, int], channels: int, brightness: float | None, center: bool, normalise: bool,
    rescale: float,
) -> None:  # fmt: skip
    """Within what a few roundings of 32 bits come to; as in Keras, what is divided is centred as well."""
    spec = _spec(samplewise_center=center, samplewise_std_normalization=normalise, rescale=rescale)
    images = _images(kind, (2, *size, channels), 1)
    row = Draws.of_parameters({"brightness": brightness}).table
    pipeline = Pipeline(spec)
    got = pipeline.augment(images, Draws(np.concatenate([row, row])))
    values = Pipeline(_spec()).transform(images, Draws(np.concatenate([row, row]))).astype(np.float64) * rescale
    axes, largest = (1, 2, 3), np.abs(values).max()
    deviation = values.std(axis=axes, keepdims=True) + 1e-6 if normalise else np.ones((2, 1, 1, 1))
    expected = (values - (values.mean(axis=axes, keepdims=True) if center or normalise else 0)) / deviation
    if (deviation > 1e-3 * max(largest, 1e-3)).all():  # else roundings of the mean are blown up, in Keras as here
        np.testing.assert_allclose(got, expected, atol=1e-5 * max(1.0, float((largest / deviation).max())))


@pytest.mark.parametrize("rescale", [None, 1 / 255, 0.3])
@pytest.mark.parametrize("brightness", [None, 1.1])
def test_of_an_image_of_one_level_nothing_is_left(rescale: float | None, brightness: float | None) -> None:
    """Its mean is exact, so that a factor of a million, one over no deviation at all, has nothing to show."""
    spec = _spec(samplewise_center=True, samplewise_std_normalization=True, rescale=rescale)
    images = np.full((1, 90, 91, 3), 77, np.uint8)
    got = Pipeline(spec).augment(images, Draws.of_parameters({"brightness": brightness}))
    np.testing.assert_array_equal(got, 0.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("index", [0, 7])
@pytest.mark.parametrize("parameters", [{"rotation_range": 30}, {"brightness_range": [0.5, 1.5]}], ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_array_that_turns_bad_is_seen_in_the_batch_that_reads_it(
    parameters: dict[str, Any], index: int, bad: float
) -> None:
    """Batches are those of an array that was bad from the start, whichever thread meets the value."""
    images = _images("float32", (8, 80, 90, 3), 0)
    pipeline = Pipeline(_spec(**parameters), threads=2)
    draws = pipeline.draw(images.shape[1:], seed=1, indices=np.arange(8))
    before = pipeline.augment(images, draws)
    images[index, 3, 4, 1] = bad
    got = pipeline.augment(images, draws)
    plain = Pipeline(_spec(**parameters, dtype="float64"), threads=2).augment(images, draws)
    others = [number for number in range(8) if number != index]
    np.testing.assert_allclose(got[others], before[others], atol=0.01)
    np.testing.assert_allclose(got, plain, atol=0.01)


@pytest.mark.parametrize("index", [4, -5, 2**40])
def test_a_number_beyond_the_images_is_an_error(index: int) -> None:
    """As NumPy has it; nothing outside of the array is read."""
    images = _images("uint8", (4, 8, 8, 1), 0)
    with pytest.raises(IndexError):
        Pipeline(_spec(rotation_range=10)).augment(images, Draws(NOTHING[np.newaxis]), np.array([index]))


def test_what_is_compiled_for_training_serves_evaluation_as_well() -> None:
    """Batches with draws, without, and of any order of the images: one version of the kernel."""
    images = _images("uint8", (6, 8, 8, 1), 0)
    pipeline = Pipeline(_spec(rotation_range=10))
    pipeline.augment(images, pipeline.draw(images.shape[1:], seed=0, indices=np.arange(6)))
    versions = len(kernel.signatures)
    pipeline.preprocess(images)
    draws = pipeline.draw(images.shape[1:], seed=0, indices=np.arange(3))
    pipeline.augment(images, draws, np.arange(6, dtype=np.int32)[::2])
    pipeline.augment(images, draws[::-1], np.arange(3))
    next(pipeline.flow(images, seed=0))
    assert len(kernel.signatures) == versions
