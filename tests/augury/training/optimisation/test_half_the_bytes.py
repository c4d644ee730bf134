"""Where a model computes in half precision its images come in half of the bytes, and not a bit of it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from augury.datasets.snapshot import Snapshot
from augury.training import models, steppers, trial
from augury.training.networks.builtin import NETWORKS
from augury.training.optimisation.mixed_precision import compute_in_bfloat16, image_type
from augury.training.steppers import BatchStepper, Stepper, Steps, TensorFlowStepper
from tests.augury.training.conftest import Nobody, definition

IMAGES, BATCH = 100, 32


def _model(name: str, *, is_mixed: bool = True) -> keras.Model:
    keras.utils.set_random_seed(1)
    model = NETWORKS[name]((8, 8, 1), 10)
    if is_mixed:
        compute_in_bfloat16(model)
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


def _of(*inner: Any) -> keras.Model:
    return keras.Sequential([keras.Input((8, 8, 1)), *inner, layers.Dense(10, activation="softmax")])


def _with_a_model_inside() -> keras.Model:
    return _of(_of(layers.Conv2D(2, 3), layers.Flatten()))


def _seen_by_the_last_layer() -> keras.Model:
    inputs = keras.Input((8, 8, 1))
    flat = layers.Reshape((64,))(layers.Conv2D(1, 3, padding="same")(inputs))
    return keras.Model(inputs, layers.Dot(1, normalize=True)([flat, keras.ops.reshape(inputs, (-1, 64))]))


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_images_have_the_type_that_a_built_in_model_computes_in(name: str) -> None:
    """Which is float32, unless it was told otherwise."""
    assert image_type(_model(name)) == "bfloat16"
    assert image_type(_model(name, is_mixed=False)) == "float32"


@pytest.mark.parametrize(("build", "expected"), [
    (_with_a_model_inside, "bfloat16"),
    (lambda: _of(layers.Rescaling(1 / 255), layers.Flatten()), "bfloat16"),
    (lambda: _of(layers.LayerNormalization(), layers.Flatten()), "float32"),
    (_seen_by_the_last_layer, "float32"),
], ids=["model inside", "rescaling", "own types", "last layer"])  # fmt: skip
def test_a_layer_that_takes_images_as_they_are_has_them_in_float32(
    build: Callable[[], keras.Model], expected: str
) -> None:
    """So that nothing is lost on the way which it would have seen."""
    model = build()
    compute_in_bfloat16(model)
    assert image_type(model) == expected
    if expected == "bfloat16":
        floats = np.random.default_rng(0).random((5, 8, 8, 1)).astype(np.float32)
        halves = np.asarray(keras.ops.cast(floats, "bfloat16"))
        np.testing.assert_array_equal(np.asarray(model(halves)), np.asarray(model(floats)))


def _trained(stepper: Stepper, model: keras.Model, images: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    totals = stepper.train(images, labels, Steps(BATCH, np.full(4, 1e-3, np.float32), np.ones(10, np.float32)))
    weights = [np.asarray(variable) for variable in model.variables]
    return [*weights, np.asarray(totals), stepper.probabilities(images[:7])]


@pytest.mark.parametrize(("name", "stepper"), [("small_cnn", BatchStepper), ("resnet8", TensorFlowStepper)])
def test_a_model_that_is_given_halves_learns_what_it_does_of_floats(
    name: str, stepper: type[Any], digits: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights, optimizer, losses and probabilities, to the last bit."""
    floats, labels = (digits.images[:IMAGES] / 255).astype(np.float32), digits.labels[:IMAGES]
    halves = np.asarray(keras.ops.cast(floats, "bfloat16"))
    assert halves.nbytes * 2 == floats.nbytes
    of_halves = _model(name)
    got = _trained(stepper(of_halves), of_halves, halves, labels)
    monkeypatch.setattr(steppers, "image_type", lambda model: "float32")
    of_floats = _model(name)
    expected = _trained(stepper(of_floats), of_floats, floats, labels)
    for mine, its in zip(got, expected, strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.fixture
def _mixed_on_processors(monkeypatch: pytest.MonkeyPatch) -> Any:
    """They compute in bfloat16 as well, only not faster, for which reason it is refused otherwise."""
    monkeypatch.setattr(models, "require_accelerator", lambda: None)
    models._compiled.cache_clear()
    yield
    models._compiled.cache_clear()


@pytest.mark.usefixtures("_mixed_on_processors")
@pytest.mark.parametrize(("engine", "model", "options"), [
    ("augury", "resnet8", {"epochs": 2, "average_last": 0.75}),
    ("keras", "small_cnn", {"epochs": 1}),
])  # fmt: skip
def test_a_trial_of_mixed_precision_moves_half_of_the_bytes_to_the_same_result(
    engine: str, model: str, options: dict[str, Any], digits: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By either engine; also where weights are averaged at its end and batch statistics are estimated for them."""
    spec = {"rotation_range": 10, "rescale": 1 / 255}
    asked = definition(spec, model=model, mixed_precision=True, **options).model_copy(update={"engine": engine})
    seen: set[str] = set()
    real = TensorFlowStepper.train

    def noting(self: Any, images: np.ndarray, *arguments: Any) -> Any:
        seen.add(images.dtype.name)
        return real(self, images, *arguments)

    monkeypatch.setattr(TensorFlowStepper, "train", noting)
    halves = trial.train_trial(asked, digits, Nobody())
    assert seen == {"bfloat16"}
    models._compiled.cache_clear()
    for module in (models, steppers):
        monkeypatch.setattr(module, "image_type", lambda model: "float32")
    floats = trial.train_trial(asked, digits, Nobody())
    assert seen == {"bfloat16", "float32"}
    assert halves.result.curves == floats.result.curves
    assert halves.predictions == floats.predictions
