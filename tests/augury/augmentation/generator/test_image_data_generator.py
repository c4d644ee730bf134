"""``ImageDataGenerator`` beside Keras's: constructor, attributes, warnings, and every method but the file flows.

``AUGURY_PARITY_CASES`` sets the number of random cases (thousands for a nightly run).
"""

from __future__ import annotations

import inspect
import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from keras.src.legacy.preprocessing import image as keras_image

from augury.augmentation import ImageDataGenerator
from tests.augury.augmentation.generator.keras_side_by_side import BOTH, assert_same
from tests.stable_ids import without_addresses

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (10, 9, 12, 3), np.uint8)
LABELS = np.arange(10) % 3

SHIFTS = st.sampled_from(
    [0, 0.2, -0.3, 0.99, 1.0, -2.5, 1, 3, -3, np.int64(2), np.float64(0.1), True, [1, 2], (0.1, -0.2), [-2, 0],
     np.array([2]), [[1, 2]], "a", (1.5,)]
)  # fmt: skip
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "rotation_range": st.sampled_from([0, 30, -30, 400.0, np.float32(20), (1, 2)]),
        "width_shift_range": SHIFTS,
        "height_shift_range": SHIFTS,
        "shear_range": st.sampled_from([0, 20, -20, 90, 135.0]),
        "zoom_range": st.sampled_from([0, 0.3, 1, 1.5, -0.2, [0.5, 0.5], (1.5, 0.5), [1, 1], (0, 1), [-1.0, 2]]),
        "channel_shift_range": st.sampled_from([0, 30, -30, 0.5]),
        "brightness_range": st.sampled_from([None, (0.5, 1.5), [1.5, 0.5], [-1, 0.5], (300, 400)]),
        "fill_mode": st.sampled_from(["nearest", "constant", "reflect", "wrap", "mirror", "nothing"]),
        "cval": st.sampled_from([0, 7.5, 300]),
        "horizontal_flip": st.booleans(),
        "vertical_flip": st.booleans(),
        "rescale": st.sampled_from([None, 0, 1 / 255, 2, -1.0]),
        "samplewise_center": st.booleans(),
        "samplewise_std_normalization": st.booleans(),
        "featurewise_center": st.booleans(),
        "featurewise_std_normalization": st.booleans(),
        "interpolation_order": st.sampled_from([1, 1, 1, 0, 3, 6]),
        "data_format": st.sampled_from([None, "channels_last", "channels_first"]),
        "dtype": st.sampled_from([None, "float32", np.float32, "float64", "float16", "uint8", "int32"]),
    },
)
MANY = settings(
    max_examples=int(os.environ.get("AUGURY_PARITY_CASES", "150")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def _scale(parameters: dict[str, Any]) -> float:
    """By how much a difference on a 0-255 scale may be magnified."""
    is_divided = parameters.get("samplewise_std_normalization") or parameters.get("featurewise_std_normalization")
    return 1.0 if is_divided else max(1.0, abs(parameters.get("rescale") or 1))


@MANY
@given(PARAMETERS, st.sampled_from([None, 3]), st.sampled_from(["uint8", "float32", "float64", "int64"]))
def test_whatever_keras_accepts_gives_its_batches_and_whatever_it_refuses_its_errors(
    parameters: dict[str, Any], seed: int | None, kind: str
) -> None:
    """Parameters that jobs refuse included: the same batches or class of error, warnings, and state of the draws."""
    # Keras takes deviations in the type of the images: in 16 bits they overflow, and all is divided by infinity.
    assume(not (parameters.get("dtype") == "float16" and parameters.get("featurewise_std_normalization")))
    images = IMAGES.astype(kind)

    def batches(library: Any) -> Any:
        generator = library.ImageDataGenerator(**parameters)
        if parameters.get("featurewise_center"):
            generator.fit(images)
        flow = generator.flow(images, LABELS, batch_size=4, seed=seed)
        return [next(flow), flow[1], next(flow)]

    # Eight-bit steps and integer types may tip a value into the next level; orders from 2 overshoot.
    is_cut = parameters.get("brightness_range") is not None or parameters.get("dtype") in ("uint8", "int32")
    tolerance = {"float16": 0.5}.get(str(parameters.get("dtype")), 0.02) * _scale(parameters)
    assert_same(batches, tolerance, share=0.02 if is_cut else 0.0)


@MANY
@given(PARAMETERS, st.integers(0, 1000), st.sampled_from(["uint8", "float32", "float64", "int32"]))
def test_one_image_is_changed_in_its_own_type(parameters: dict[str, Any], seed: int, kind: str) -> None:
    """get_random_transform, apply_transform and random_transform give Keras's dictionaries and arrays."""
    image = IMAGES[0].astype(kind)

    def transformed(library: Any) -> Any:
        generator = library.ImageDataGenerator(**parameters)
        drawn = generator.get_random_transform(image.shape, seed)
        return [generator.apply_transform(image, {**drawn, "unknown": 1}), generator.random_transform(image, seed=seed)]

    assert_same(transformed, 0.02, share=0.02 if kind not in ("float32", "float64") or "brightness_range" in parameters
                else 0.0)  # fmt: skip
    assert_same(lambda library: library.ImageDataGenerator(**parameters).get_random_transform((9, 12, 3), seed))


def test_the_signatures_are_those_of_keras() -> None:
    """Names, order and defaults of the constructor's and all methods' arguments: they can be passed by position."""
    pairs: list[tuple[Any, Any]] = [(ImageDataGenerator, keras_image.ImageDataGenerator)]
    methods = ("flow", "flow_from_directory", "flow_from_dataframe", "fit", "standardize", "get_random_transform",
               "apply_transform", "random_transform")  # fmt: skip
    pairs += [(getattr(ImageDataGenerator, name), getattr(keras_image.ImageDataGenerator, name)) for name in methods]
    for name in ("NumpyArrayIterator", "DirectoryIterator", "DataFrameIterator"):
        pairs.append((getattr(BOTH[1], name), getattr(BOTH[0], name)))
    for mine, theirs in pairs:
        expected = [(p.name, p.default, p.kind) for p in inspect.signature(theirs).parameters.values()]
        assert [(p.name, p.default, p.kind) for p in inspect.signature(mine).parameters.values()] == expected


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_the_attributes_are_those_of_keras(data_format: str) -> None:
    """Every public attribute of Keras's generator and flow exists here with an equal value."""
    made = []
    for library in BOTH:
        generator = library.ImageDataGenerator(
            rotation_range=3, zoom_range=0.25, brightness_range=(0.5, 1), rescale=2, data_format=data_format,
            validation_split=0.25,
        )  # fmt: skip
        images = np.moveaxis(IMAGES, -1, 1) if data_format == "channels_first" else IMAGES
        made.append((generator, generator.flow(images, LABELS % 2, seed=1, subset="training", save_prefix="p")))
    for theirs, mine in zip(*made, strict=True):
        for name, value in vars(theirs).items():
            if name in ("lock", "index_generator", "image_data_generator"):
                assert hasattr(mine, name)
            elif not name.startswith("_max") and name not in ("_workers", "_use_multiprocessing"):
                np.testing.assert_array_equal(getattr(mine, name), value, name)


@pytest.mark.parametrize("parameters", [
    {"zca_whitening": True},
    {"zca_whitening": True, "featurewise_center": True, "featurewise_std_normalization": True},
    {"featurewise_std_normalization": True},
    {"samplewise_std_normalization": True},
    {"zca_whitening": True, "samplewise_std_normalization": True, "featurewise_std_normalization": True},
    {"validation_split": 5}, {"validation_split": -0.1}, {"validation_split": 1}, {"brightness_range": 0.1},
    {"brightness_range": (1, 2, 3)}, {"brightness_range": np.array([0.5, 1])}, {"zoom_range": (1, 2, 3)},
    {"zoom_range": "ab"}, {"zoom_range": None}, {"data_format": "channels_middle"}, {"rotation": 3},
], ids=without_addresses)  # fmt: skip
def test_the_constructor_warns_and_refuses_as_keras(parameters: dict[str, Any]) -> None:
    """As many warnings, the same settings afterwards, and the same class of error."""
    names = ("featurewise_center", "featurewise_std_normalization", "samplewise_center", "zca_whitening")

    def normalisations(library: Any) -> Any:
        generator = library.ImageDataGenerator(**parameters)
        return [getattr(generator, name) for name in names]

    assert_same(normalisations)


@pytest.mark.parametrize("name", ["featurewise_center", "featurewise_std_normalization", "zca_whitening"])
def test_what_was_not_fitted_is_left_out_with_a_warning(name: str) -> None:
    """flow and standardize say so, and give the images otherwise normalised."""
    generator = ImageDataGenerator(**{"featurewise_center": True, name: True}, rescale=0.5)
    with pytest.warns(UserWarning, match=f"`{name}`, but it hasn't been fit"):
        batch = next(generator.flow(IMAGES, shuffle=False))
    np.testing.assert_array_equal(batch, IMAGES * np.float32(0.5))
    with pytest.warns(UserWarning, match=r"calling `\.fit"):
        generator.standardize(IMAGES[0].astype(np.float32))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("parameters", [
    {"featurewise_center": True, "rescale": 1 / 255},
    {"featurewise_center": True, "featurewise_std_normalization": True},
    {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 1e-3, "dtype": "float64"},
    {"samplewise_center": True, "featurewise_center": True, "rotation_range": 30, "horizontal_flip": True},
    {"rotation_range": 30},
], ids=without_addresses)  # fmt: skip
@pytest.mark.parametrize(
    "arguments", [{}, {"augment": True, "rounds": 2, "seed": 4}, {"augment": True}], ids=without_addresses
)
def test_fit_learns_what_keras_learns(parameters: dict[str, Any], arguments: dict[str, Any], data_format: str) -> None:
    """mean, std and zca_whitening_matrix in shape, type and value, and the batches that follow."""
    images = RANDOM.integers(0, 256, (60, 4, 5, 3)).astype(np.float64)
    if data_format == "channels_first":
        images = np.moveaxis(images, -1, 1)

    def learnt(library: Any) -> Any:
        generator = library.ImageDataGenerator(data_format=data_format, **parameters)
        generator.fit(images, **arguments)
        first = next(generator.flow(images, batch_size=7, seed=3))
        single = generator.standardize(np.array(images[:2], generator.dtype))
        return [generator.mean, generator.std, generator.zca_whitening_matrix, first, single]

    assert_same(learnt, 0.02)


@pytest.mark.parametrize("name", ["rotation_range", "width_shift_range", "shear_range", "channel_shift_range"])
@pytest.mark.parametrize("limit", [np.inf, np.nan, np.array([1, 2]), "a", {}, []])
def test_ranges_that_are_none_fail_as_in_keras(name: str, limit: Any) -> None:
    """When they are first drawn from, with the same class of error; what is empty draws nothing."""
    assert_same(lambda library: library.ImageDataGenerator(**{name: limit}).get_random_transform((9, 12, 3)))


def test_fit_and_flow_check_what_they_get_as_keras() -> None:
    """Ranks and channel numbers: the same errors and warnings."""
    two_channels = IMAGES[..., :2]
    for action in (
        lambda library: library.ImageDataGenerator().fit(IMAGES[0]),
        lambda library: library.ImageDataGenerator().fit(two_channels),
        lambda library: next(library.ImageDataGenerator(rotation_range=9).flow(two_channels, seed=1)),
        lambda library: next(library.ImageDataGenerator(brightness_range=(1, 2)).flow(two_channels, seed=1)),
        lambda library: library.ImageDataGenerator().flow(IMAGES[0]),
        lambda library: library.ImageDataGenerator().flow(np.arange(3)),
        lambda library: library.ImageDataGenerator().apply_transform(IMAGES, {}),
        lambda library: library.ImageDataGenerator(featurewise_center=True, dtype="uint8").fit(IMAGES),
    ):
        assert_same(action)


def test_statistics_and_parameters_can_be_set_at_any_time() -> None:
    """mean as three numbers, std as one, a picture as the mean, a range between two batches: as in Keras."""

    def batches(library: Any) -> Any:
        generator = library.ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
        generator.mean, generator.std = np.array([123.68, 116.779, 103.939], np.float32), 58.0
        flow = generator.flow(IMAGES, batch_size=4, seed=2)
        made = [next(flow)]
        generator.rotation_range, generator.zoom_range[1] = 40, 1.5
        made.append(next(flow))
        generator.mean, generator.featurewise_std_normalization = IMAGES.mean(axis=0), False
        made.append(next(flow))
        generator.samplewise_center, generator.horizontal_flip, generator.rescale = True, True, 0.1
        return [*made, next(flow)]

    assert_same(batches)


def test_a_preprocessing_function_gets_each_image_between_change_and_rescale() -> None:
    """A 3-D array, and its draws from NumPy's generator fall between those of the images, as in Keras."""
    shapes = []

    def noisy(image: np.ndarray) -> np.ndarray:
        shapes.append((type(image), image.shape, image.dtype))
        return image[::-1] + np.random.normal(size=image.shape).astype(image.dtype)

    def batches(library: Any) -> Any:
        generator = library.ImageDataGenerator(
            rotation_range=20, preprocessing_function=noisy, rescale=0.5, samplewise_center=True
        )
        flow = generator.flow(IMAGES, LABELS, batch_size=4, seed=2)
        return [next(flow), flow[2], next(flow)]

    assert_same(batches)
    assert set(shapes) == {(np.ndarray, (9, 12, 3), np.dtype("float32"))}


def test_a_preprocessing_function_of_another_shape_fails_as_in_keras() -> None:
    """What cannot be put into the batch is an error."""
    assert_same(lambda library: next(
        library.ImageDataGenerator(preprocessing_function=lambda image: image[:4]).flow(IMAGES)
    ))  # fmt: skip


def test_a_subclass_may_change_any_step() -> None:
    """Overridden steps are called for every image by the iterators and by fit."""

    def batches(library: Any) -> Any:
        class Generator(library.ImageDataGenerator):  # type: ignore[misc]
            def standardize(self, x: np.ndarray) -> np.ndarray:
                return super().standardize(x) / 2

            def get_random_transform(self, img_shape: Any, seed: int | None = None) -> dict[str, Any]:
                return {**super().get_random_transform(img_shape, seed), "theta": 45}

        generator = Generator(horizontal_flip=True, featurewise_center=True)
        generator.fit(IMAGES, augment=True, seed=1)
        return [generator.mean, next(generator.flow(IMAGES, seed=1))]

    assert_same(batches)


def test_identity_and_in_place_are_as_in_keras() -> None:
    """Nothing drawn gives the array's own memory back, and standardize changes floats where they are."""
    for library in BOTH:
        generator = library.ImageDataGenerator(rescale=2)
        image = IMAGES[0].astype(np.float32)
        assert np.shares_memory(generator.apply_transform(image, {}), image)
        generator.standardize(image)
        np.testing.assert_array_equal(image, IMAGES[0] * 2.0)
