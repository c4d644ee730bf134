"""Batches in other types than float32, and in arrays of the caller's."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.kernels.conversions import BFLOAT16, FLOAT16, UINT8, convert

NAMES = ["float16", "bfloat16", "uint8"]
DTYPES = {"float16": np.dtype("float16"), "bfloat16": np.dtype(ml_dtypes.bfloat16), "uint8": np.dtype("uint8")}
KINDS = {"float16": FLOAT16, "bfloat16": BFLOAT16, "uint8": UINT8}
GEOMETRY = {"rotation_range": 40, "zoom_range": 0.3, "horizontal_flip": True}
INTENSITIES = {"channel_shift_range": 20, "brightness_range": (0.7, 1.3)}
IMAGES = np.random.default_rng(0).integers(0, 256, (50, 20, 24, 3), np.uint8)
LARGE = np.random.default_rng(1).integers(0, 256, (3, 120, 130, 3), np.uint8)
"""Of more values than are converted at once."""


def _rounded(values: np.ndarray, name: str) -> np.ndarray:
    """What the type is to hold of floats, by NumPy."""
    with np.errstate(over="ignore"):
        if name == "uint8":
            return np.minimum(np.fmax(np.rint(values), 0), 255).astype(np.uint8)
        return values.astype(DTYPES[name])


def _assert_same(got: np.ndarray, expected: np.ndarray) -> None:
    """Of one type, and with the same values; of bfloat16 NumPy does not know which are no numbers."""
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got.astype(np.float32), expected.astype(np.float32))


def _pipeline(name: str | None = None, **parameters: Any) -> Pipeline:
    output: Any = name
    return Pipeline(ImageDataGeneratorSpec.model_validate(parameters), output=output)


def _augmented(pipeline: Pipeline, images: np.ndarray = IMAGES, **options: Any) -> np.ndarray:
    return pipeline.augment(images, pipeline.draw(images.shape[1:], seed=3, indices=np.arange(len(images))), **options)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=300, deadline=None)
@given(values=numpy_strategies.arrays(np.float32, st.integers(0, 70), elements=st.floats(width=32)))
def test_any_float_becomes_the_nearest_number_half_to_even(name: str, values: np.ndarray) -> None:
    """Whatever bits it has and wherever it lies; what is not a number stays none, or becomes 0."""
    goal = np.zeros(len(values) * DTYPES[name].itemsize, np.uint8)
    convert(values, goal, KINDS[name])
    _assert_same(goal.view(DTYPES[name]), _rounded(values, name))


SWEEP = """
import numpy as np
from augury.augmentation.kernels.conversions import FLOAT16, convert
floats = np.arange(0, 2**32, 4099, dtype=np.uint64).astype(np.uint32).view(np.float32)
goal = np.empty(2 * floats.size, np.uint8)
convert(floats, goal, FLOAT16)
with np.errstate(over="ignore", invalid="ignore"):
    np.testing.assert_array_equal(goal.view(np.float16), floats.astype(np.float16))
"""


@pytest.mark.parametrize("features", [None, "-f16c"], ids=["as it is", "without the instruction"])
def test_float16_is_the_same_without_an_instruction_for_it(features: str | None) -> None:
    """A million floats from all over their range, compiled for this processor and for one that is older."""
    told = {} if features is None else {"NUMBA_CPU_FEATURES": features, "NUMBA_CPU_NAME": "generic"}
    done = subprocess.run(
        [sys.executable, "-c", SWEEP], env=os.environ | told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("images", [IMAGES, LARGE, IMAGES[..., :1].copy()], ids=["small", "large", "grey"])
@pytest.mark.parametrize("parameters", [GEOMETRY, INTENSITIES, GEOMETRY | INTENSITIES, {}])
def test_a_batch_is_that_of_floats_rounded(name: str, images: np.ndarray, parameters: dict[str, Any]) -> None:
    """Bit for bit, in the kernels, whatever they do."""
    floats = _augmented(_pipeline(**parameters), images)
    rounded = _augmented(_pipeline(name, **parameters), images)
    _assert_same(rounded, _rounded(floats, name))


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
@pytest.mark.parametrize("parameters", [
    {"interpolation_order": 3, "rotation_range": 40},
    {"preprocessing_function": "imagenet_torch"},
    {"samplewise_std_normalization": True, "rescale": 1 / 255},
    {"dtype": "float64", "rotation_range": 40},
    {"data_format": "channels_first", "rotation_range": 40, "preprocessing_function": "imagenet_tf"},
])  # fmt: skip
def test_the_plain_path_rounds_as_the_kernels_do(name: str, parameters: dict[str, Any]) -> None:
    """Splines, functions, other types and formats: what floats would be, rounded."""
    floats = _augmented(_pipeline("float32", **parameters))
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(_augmented(_pipeline(name, **parameters)), _rounded(floats, name))


def test_whitened_images_can_be_had_in_half_of_the_bytes() -> None:
    """What was learned in floats is carried out in floats, and the result is rounded."""
    images, made = IMAGES[:, :4, :4], []
    for name in ("float32", "float16"):
        pipeline = _pipeline(name, zca_whitening=True, featurewise_center=True, rescale=1 / 255)
        pipeline.fit(images)
        made.append(_augmented(pipeline, images))
    np.testing.assert_array_equal(made[1], made[0].astype(np.float16))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [None, 5])
def test_a_flow_gives_batches_of_the_type(name: str, seed: int | None) -> None:
    """As it gives floats: in the same order, with the same draws, and the labels beside them."""
    labels = np.arange(len(IMAGES))
    flows = [_pipeline(each, **GEOMETRY).flow(IMAGES, labels, batch_size=16, seed=seed) for each in (None, name)]
    for _ in range(5):
        np.random.seed(7)
        floats, expected = next(flows[0])
        np.random.seed(7)
        batch, got = next(flows[1])
        assert batch.dtype == DTYPES[name]
        np.testing.assert_array_equal(batch, _rounded(floats, name))
        np.testing.assert_array_equal(got, expected)


def test_the_type_that_is_not_asked_for_is_the_specs_own() -> None:
    """And float32 can be asked for where the spec computes in doubles."""
    assert _augmented(_pipeline()).dtype == np.float32
    doubles = _augmented(_pipeline(dtype="float64", **GEOMETRY))
    assert doubles.dtype == np.float64
    floats = _augmented(_pipeline("float32", dtype="float64", **GEOMETRY))
    np.testing.assert_array_equal(floats, doubles.astype(np.float32))


@pytest.mark.parametrize("name", ["float32", "float16"])
def test_what_a_spec_computes_in_halves_is_rounded_to_them_first(name: str) -> None:
    """Also where floats are asked for, and a step of it computes in them."""
    parameters: dict[str, Any] = {"dtype": "float16", "brightness_range": (0.3, 0.9), "rescale": 1 / 255}
    halves = _augmented(_pipeline(**parameters))
    assert halves.dtype == np.float16
    _assert_same(_augmented(_pipeline(name, **parameters)), halves.astype(name))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", [None, *NAMES])
@pytest.mark.parametrize("order", [1, 3])
def test_a_batch_is_written_to_the_callers_array_and_to_nothing_beside_it(
    name: str | None, threads: int, order: int
) -> None:
    """It is given back itself; the kernels, the plain path and several threads keep within it."""
    spec = ImageDataGeneratorSpec.model_validate(GEOMETRY | {"interpolation_order": order})
    output: Any = name
    pipeline = Pipeline(spec, output=output, threads=threads)
    expected = _augmented(pipeline, IMAGES)
    around = np.full((len(IMAGES) + 2, *IMAGES.shape[1:]), 77, expected.dtype)
    inner = around[1:-1]
    assert _augmented(pipeline, IMAGES, out=inner) is inner
    np.testing.assert_array_equal(inner, expected)
    assert (around[[0, -1]] == 77).all()


def test_images_that_are_numbered_and_evaluated_are_written_there_too() -> None:
    """By ``augment`` with indices, and by ``preprocess``."""
    pipeline, indices = _pipeline("float16", rescale=1 / 255), np.array([4, 2, 4])
    expected = (IMAGES[indices] * np.float32(1 / 255)).astype(np.float16)
    draws = pipeline.draw(IMAGES.shape[1:], seed=0, indices=indices)
    out = np.empty(expected.shape, np.float16)
    np.testing.assert_array_equal(pipeline.augment(IMAGES, draws, indices, out=out), expected)
    np.testing.assert_array_equal(pipeline.preprocess(IMAGES[indices], out=np.empty_like(out)), expected)


WHOLE = np.zeros((4, *IMAGES.shape[1:]), np.float32)


@pytest.mark.parametrize(("out", "words"), [
    (WHOLE[:3], r"shape \(4, 20, 24, 3\) and dtype float32, got \(3, 20, 24, 3\)"),
    (WHOLE.astype(np.float16), "dtype float32, got .* and float16"),
    (np.zeros((8, *WHOLE.shape[1:]), np.float32)[::2], "out must be C-contiguous"),
    (np.frombuffer(WHOLE.tobytes(), np.float32).reshape(WHOLE.shape), "out must be C-contiguous and writeable"),
])  # fmt: skip
def test_an_array_that_cannot_be_written_to_is_refused(out: np.ndarray, words: str) -> None:
    """By what is wrong with it."""
    with pytest.raises(ValueError, match=words):
        _augmented(_pipeline(), IMAGES[:4], out=out)


def test_a_list_is_no_array_to_write_to() -> None:
    """It is not copied to silently."""
    with pytest.raises(TypeError, match="out must be a NumPy array, got list"):
        _augmented(_pipeline(), IMAGES[:4], out=WHOLE.tolist())


@pytest.mark.parametrize("start", [0, 2])
def test_images_are_not_written_over_themselves(start: int) -> None:
    """Not even in part: pixels that are still to be read would be others."""
    images = np.zeros((8, *IMAGES.shape[1:]), np.float32)
    with pytest.raises(ValueError, match="out must not share memory with the images"):
        _augmented(_pipeline(**GEOMETRY), images[:4], out=images[start : start + 4])


def test_an_unknown_type_is_refused_by_name() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match="output must be one of 'float32', 'float16', 'bfloat16', 'uint8', got 'int8'"):
        _pipeline("int8")


@pytest.mark.parametrize("parameters", [
    {"samplewise_center": True}, {"samplewise_std_normalization": True}, {"featurewise_center": True},
    {"featurewise_std_normalization": True}, {"zca_whitening": True}, {"preprocessing_function": "imagenet_tf"},
])  # fmt: skip
def test_bytes_of_values_about_zero_are_refused(parameters: dict[str, Any]) -> None:
    """The message names the parameter that makes them; half of the bytes of a float is as good a type for them."""
    (name,) = parameters
    with pytest.raises(ValueError, match=f"output 'uint8' .* and {name} makes others"):
        _pipeline("uint8", **parameters)
    assert _augmented(_pipeline("bfloat16", rescale=1 / 255)).dtype == DTYPES["bfloat16"]


@pytest.mark.parametrize(("name", "dtype", "rescale", "advice"), [
    ("uint8", "uint8", 1 / 255, "takes uint8 images to 0-1: set rescale to None"),
    ("uint8", "uint8", 1 / 127.5, "takes uint8 images to 0-2"),
    ("uint8", "uint16", None, "takes uint16 images to 0-65535: set rescale to 1/257"),
    ("uint8", "uint16", 1 / 65535, "set rescale to 1/257"),
    ("float16", "uint16", None, "'float16' ends at 65504, and rescale None takes uint16 images to 65535"),
])  # fmt: skip
def test_a_range_that_the_type_does_not_hold_is_refused(
    name: str, dtype: str, rescale: float | None, advice: str
) -> None:
    """Where the images' type says how far they may go, the message says what they need to be multiplied by."""
    with pytest.raises(ValueError, match=advice):
        _augmented(_pipeline(name, rescale=rescale), IMAGES.astype(dtype))


@pytest.mark.parametrize(("name", "dtype", "rescale"), [
    ("uint8", "uint8", None), ("uint8", "uint8", 0.6), ("uint8", "uint16", 1 / 257), ("uint8", "uint16", 1 / 16),
    ("float16", "uint16", 1 / 65535), ("bfloat16", "uint16", None),
])  # fmt: skip
def test_a_range_that_the_type_holds_is_taken(name: str, dtype: str, rescale: float | None) -> None:
    """Also that of images with more bits than eight, once they are rescaled."""
    assert _augmented(_pipeline(name, rescale=rescale), IMAGES.astype(dtype)).dtype == DTYPES[name]


def test_floats_of_which_bytes_keep_nothing_are_warned_of() -> None:
    """Nobody knows their range beforehand; it is told by what comes out, to whoever asked for it."""
    unit = (IMAGES / 255).astype(np.float32)
    with pytest.warns(UserWarning, match="nothing but 0 and 1 of this batch") as told:
        _augmented(_pipeline("uint8"), unit)
    assert told[0].filename == __file__
    np.testing.assert_array_equal(_augmented(_pipeline("uint8", rescale=255.0), unit), IMAGES)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:output 'uint8' made nothing")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(NAMES),
    shape=st.tuples(st.integers(0, 5), st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 2, 3, 4])),
    order=st.integers(0, 2),
    value=st.sampled_from([0.0, 254.5, 255.5, -3.0, 1e6, np.nan, np.inf]),
    fill_mode=st.sampled_from(["constant", "nearest", "reflect", "wrap"]),
)
def test_any_batch_of_floats_is_rounded_from_float32(
    name: str, shape: tuple[int, ...], order: int, value: float, fill_mode: str
) -> None:
    """Of any shape, finite or not, by the kernels or by the plain path."""
    images = np.random.default_rng(0).normal(128, 60, shape).astype(np.float32)
    images.reshape(-1)[::5] = value
    parameters: dict[str, Any] = GEOMETRY | {"interpolation_order": order, "fill_mode": fill_mode}
    floats = _augmented(_pipeline(**parameters), images)
    _assert_same(_augmented(_pipeline(name, **parameters), images), _rounded(floats, name))
