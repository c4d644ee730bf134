"""The exact Keras layer: the engine's pixels for the same parameters, and the spec's ranges for its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Fidelity
from augury.augmentation import Pipeline
from augury.augmentation.parameters import NAMES
from augury.exports import export
from augury.exports.options import ExportOptions
from tests.augury.exports.differences import FILL_MODES, difference, largest_differences, loaded
from tests.augury.jax_beside import require_jax, run_on_jax

ROOT = Path(__file__).parents[3]
DIFFERENCES = ["-m", "tests.augury.exports.differences", "4"]
EXACT = 0.01
"""Of 255."""
IMAGES = np.random.default_rng(0).integers(0, 256, (4, 24, 32, 3), dtype=np.uint8)


def _spec(**parameters: Any) -> ImageDataGeneratorSpec:
    return ImageDataGeneratorSpec.model_validate(parameters)


def _exported(semantics: Any = "keras", **parameters: Any) -> dict[str, Any]:
    return loaded(export(_spec(**parameters), "keras", ExportOptions(semantics)).content)


def test_the_pixels_are_the_engine_s() -> None:
    """Of random specs under both semantics, with every fill mode."""
    found = largest_differences(6)
    assert max(found.values()) <= EXACT, found


def test_the_pixels_are_the_engine_s_on_jax() -> None:
    """Which has 64 bits switched off unless it is told otherwise."""
    require_jax()
    _require_exact(json.loads(run_on_jax(*DIFFERENCES)))


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed: pip install torch")
def test_the_pixels_are_the_engine_s_on_torch() -> None:
    """Which rounds to 32 bits here and there unless it is told otherwise."""
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    command = [sys.executable, *DIFFERENCES]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    _require_exact(json.loads(done.stdout.splitlines()[-1]))


def _require_exact(found: dict[str, float]) -> None:
    assert set(found) == set(FILL_MODES)
    assert max(found.values()) <= EXACT, found


@pytest.mark.parametrize("fill_mode", FILL_MODES)
def test_a_shift_by_whole_pixels_is_exact(fill_mode: Any) -> None:
    """Every coordinate falls on a pixel, and those of the border exactly on the border."""
    spec = _spec(width_shift_range=8, height_shift_range=[3, 12], fill_mode=fill_mode, cval=9)
    assert difference(_exported()["transform"], spec, "keras", IMAGES, 1) == 0


def test_brightness_stretches_images_beyond_8_bits() -> None:
    """As ImageDataGenerator does: by their own extremes, to one level of 255."""
    images = IMAGES[:, :, :, :1].astype(np.float32) * 3 - 100
    spec = _spec(brightness_range=[0.4, 1.6])
    assert difference(_exported()["transform"], spec, "keras", images, 1) <= images.max() / 128


def test_alpha_keeps_its_values() -> None:
    """Brightness leaves the fourth channel alone."""
    images = np.random.default_rng(1).integers(0, 256, (4, 9, 9, 4), dtype=np.uint8)
    for semantics in ("keras", "corrected"):
        spec = _spec(brightness_range=[0.2, 0.4], rotation_range=20)
        assert difference(_exported()["transform"], spec, semantics, images, 1) <= EXACT


@pytest.mark.parametrize(
    "parameters",
    [
        {
            "rotation_range": 30, "width_shift_range": 0.2, "height_shift_range": 3, "shear_range": 12,
            "zoom_range": [0.5, 1.2], "channel_shift_range": 20, "brightness_range": [0.5, 1.5],
            "horizontal_flip": True,
        },
        {"width_shift_range": [1, 4, 7.5], "height_shift_range": 2.5, "vertical_flip": True},
    ],
)  # fmt: skip
def test_the_draws_are_the_spec_s(parameters: dict[str, Any]) -> None:
    """Each parameter by itself: its deciles are those of the engine's, to a hundredth of its range."""
    count, shape = 20_000, (24, 32, 3)
    drawn = _exported(**parameters)["augmentation"].draw(count, *shape[:2])
    table = Pipeline(_spec(**parameters)).draw(shape, seed=3, indices=np.arange(count)).table
    for name, ours in zip(NAMES, table.T, strict=True):
        if np.isnan(ours).any():
            assert name not in drawn
            continue
        theirs, tenths = np.asarray(drawn[name]), np.linspace(0.05, 0.95, 10)
        tolerance = 0.02 * (ours.max() - ours.min())
        if len(np.unique(ours)) > 20:
            assert np.abs(np.quantile(theirs, tenths) - np.quantile(ours, tenths)).max() <= tolerance
        else:
            values = np.unique(ours)
            assert set(np.unique(theirs)) == set(values)
            assert all(abs((theirs == each).mean() - (ours == each).mean()) < 0.03 for each in values)


PREPROCESSED = [
    {"rescale": 1 / 255},
    {"samplewise_center": True},
    {"samplewise_std_normalization": True, "rescale": 1 / 255},
    {"preprocessing_function": "imagenet_caffe"},
    {"preprocessing_function": "imagenet_tf"},
    {"preprocessing_function": "imagenet_torch"},
]


@pytest.mark.parametrize("parameters", PREPROCESSED)
def test_evaluation_is_preprocessed_only(parameters: dict[str, Any]) -> None:
    """As the engine preprocesses the images that a model is evaluated on."""
    layer = _exported(rotation_range=90, **parameters)["augmentation"]
    expected = Pipeline(_spec(**parameters)).preprocess(IMAGES)
    assert np.abs(np.asarray(layer(IMAGES, training=False)) - expected).max() <= 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("whitens", [False, True])
def test_statistics_of_the_training_images_are_given(whitens: bool) -> None:
    """As ImageDataGenerator learns them; the file defines a function of them."""
    images = np.random.default_rng(2).integers(0, 256, (60, 5, 5, 1)).astype(np.float32)
    given = {"zca_whitening": True} if whitens else {"featurewise_std_normalization": True}
    pipeline = Pipeline(_spec(**given, rescale=1 / 255))
    pipeline.fit(images)
    learnt = (pipeline.mean, pipeline.zca_whitening_matrix if whitens else pipeline.std)
    layer = _exported(**given, rescale=1 / 255)["augmentation"](*learnt)
    expected = pipeline.preprocess(images)
    assert np.abs(np.asarray(layer(images, training=False)) - expected).max() <= 1e-3 * np.abs(expected).max()


def test_it_works_in_a_tf_data_pipeline() -> None:
    """Batches whose number is not known before, and single images; every epoch is drawn anew."""
    import tensorflow as tf

    layer = _exported(rotation_range=30, horizontal_flip=True)["augmentation"]
    images = tf.data.Dataset.from_tensor_slices(IMAGES)
    batches = images.batch(3).map(lambda batch: layer(batch, training=True), num_parallel_calls=2)
    assert [batch.shape[0] for batch in batches] == [3, 1]
    assert batches.element_spec.shape[1:] == IMAGES.shape[1:]
    first, second = (np.concatenate(list(batches.as_numpy_iterator())) for _ in range(2))
    assert np.abs(first - second).max() > 1
    singles = images.map(lambda image: layer(image, training=True))
    assert [image.shape for image in singles] == [IMAGES.shape[1:]] * len(IMAGES)


def test_it_works_in_a_model_that_is_trained_saved_and_loaded(tmp_path: Path) -> None:
    """Augmented in training, preprocessed alone in evaluation, and the same after loading."""
    import keras

    names = _exported(
        rotation_range=30, width_shift_range=3, zoom_range=[0.8, 1.2], brightness_range=[0.5, 1.5], rescale=1 / 255
    )
    inputs = keras.Input(IMAGES.shape[1:])
    pooled = keras.layers.GlobalAveragePooling2D()(names["augmentation"](inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(pooled))
    model.compile("sgd", "mse")
    model.fit(IMAGES, np.zeros(len(IMAGES)), batch_size=2, epochs=1, verbose=0)
    expected = model.predict(IMAGES, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert np.abs(again.predict(IMAGES, verbose=0) - expected).max() < 1e-6
    layer = next(each for each in again.layers if type(each).__name__ == "ExactAugmentation")
    assert layer.settings == names["augmentation"].settings


def test_a_seed_repeats_the_draws() -> None:
    """As with Keras's own layers."""
    make = _exported()["ExactAugmentation"]
    first, second = (np.asarray(make(rotation_range=40, seed=7)(IMAGES)) for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize(
    ("parameters", "fidelity", "named"),
    [
        ({"rotation_range": 9, "fill_mode": "wrap", "brightness_range": [0.5, 1.5]}, Fidelity.EXACT, None),
        ({"rotation_range": 9, "interpolation_order": 3}, Fidelity.APPROXIMATE, "interpolation_order"),
        ({"horizontal_flip": True, "interpolation_order": 3}, Fidelity.EXACT, None),
        ({"horizontal_flip": True, "dtype": "float16"}, Fidelity.APPROXIMATE, "dtype"),
        ({"horizontal_flip": True, "data_format": "channels_first"}, Fidelity.NOT_EXPRESSIBLE, "data_format"),
        ({"featurewise_center": True}, Fidelity.EXACT, "featurewise_center"),
        ({"validation_split": 0.2}, Fidelity.EXACT, "validation_split"),
    ],
)
def test_what_the_layer_does_otherwise_is_said(
    parameters: dict[str, Any], fidelity: Fidelity, named: str | None
) -> None:
    """With the parameter that it is about; where there is nothing to say, nothing is said."""
    made = export(_spec(**parameters), "keras", ExportOptions())
    assert made.fidelity is fidelity
    assert [name for each in made.differences for name in each.parameters] == ([] if named is None else [named])


def test_orders_beyond_1_are_far_from_exact() -> None:
    """Which is why they are not called so."""
    spec = _spec(rotation_range=30, interpolation_order=3)
    assert difference(_exported()["transform"], spec, "keras", IMAGES, 1) > 1


def test_the_file_is_formatted_and_clean() -> None:
    """As this project's own code is; ruff would find a name that is not defined."""
    content = export(_spec(rotation_range=3.0), "keras", ExportOptions()).content
    for arguments in (["check", "--select", "E,F,W,B"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", "exported.py", "-"]
        done = subprocess.run(command, input=content, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
