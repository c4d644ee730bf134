"""Models by name and by configuration, and what is refused before it is built."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from api_schemas.failures import FailureClass
from api_schemas.training.models import ModelSpec
from api_schemas.training.settings import TrainingSettings
from augury.datasets.snapshot import Snapshot
from augury.training import models
from augury.training.errors import ModelTooLargeError, UserInputError
from augury.training.models import Learner, initialised_learner
from augury.training.networks import memory
from augury.training.networks.building import build
from augury.training.networks.builtin import NETWORKS
from augury.training.steppers import Steps
from augury.training.trial import train_trial
from tests.augury.training.conftest import Nobody, definition
from workers.failures import failure_of

TRAINING = TrainingSettings(optimizer="adam", learning_rate=1e-3, batch_size=32)
SHAPE = (8, 8, 1)


def _learner(model: dict[str, Any], shape: tuple[int, int, int] = SHAPE, classes: int = 10, seed: int = 0) -> Learner:
    return initialised_learner(ModelSpec.model_validate(model), shape, classes, TRAINING, seed)


def _config(*inner: Any, shape: tuple[int, int, int] = SHAPE, activation: str | None = "softmax") -> dict[str, Any]:
    """As a client would send it: checked by the request's schema."""
    model = keras.Sequential([keras.Input(shape), *inner, layers.Flatten(), layers.Dense(10, activation=activation)])
    spec = ModelSpec.model_validate({"config": json.loads(model.to_json())})
    return spec.model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize(
    ("name", "weights"), [("linear", 650), ("small_cnn", 38_282), ("resnet8", 78_426), ("wide_resnet_16_2", 693_210)]
)
def test_the_built_in_models_are_what_they_are_said_to_be(name: str, weights: int) -> None:
    """As many weights as the documented structure has, and probabilities of every class."""
    model = NETWORKS[name](SHAPE, 10)
    assert model.count_params() == weights
    probabilities = np.asarray(model(np.ones((3, *SHAPE), np.float32)))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_initial_weights_depend_on_the_seed_alone(digits: Snapshot) -> None:
    """After another training on the same compiled model as well, and the optimizer and dropout start afresh."""
    model = _config(layers.Dropout(0.5), layers.BatchNormalization())

    def fresh(seed: int) -> list[np.ndarray]:
        learner = _learner(model, seed=seed)
        return [np.asarray(variable) for variable in (*learner.model.variables, *learner.model.optimizer.variables)]

    first, learner = fresh(1), _learner(model)
    steps = Steps(32, np.full(2, 1e-3, np.float32), learner.class_weights)
    learner.stepper.train(digits.images[:50].astype(np.float32), digits.labels[:50], steps)
    for before, after in zip(first, fresh(1), strict=True):
        np.testing.assert_array_equal(before, after)
    assert any(not np.array_equal(before, after) for before, after in zip(first, fresh(2), strict=True))


def test_a_compiled_model_is_reused_from_seed_to_seed() -> None:
    """Tracing it costs more than a small training."""
    assert _learner({"name": "linear"}, seed=1).model is _learner({"name": "linear"}, seed=2).model


def test_a_functional_configuration_is_trained(digits: Snapshot) -> None:
    """With a branch, regularisers and dropout, as Keras wrote it, compiled or not."""
    inputs = keras.Input(SHAPE)
    left = layers.Conv2D(4, 3, padding="same", kernel_regularizer="l2")(inputs)
    joined = layers.Dropout(0.2)(layers.Add()([left, layers.Conv2D(4, 1)(inputs)]))
    outputs = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(joined))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "mse")
    spec = ModelSpec.model_validate({"config": json.loads(model.to_json())})
    trained = train_trial(definition({"rescale": 1 / 255}, model=spec.config), digits, Nobody())
    again = train_trial(definition({"rescale": 1 / 255}, model=spec.config), digits, Nobody())
    assert trained.result.epochs == 2
    assert trained.predictions == again.predictions


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda: _config(shape=(9, 8, 1)), r"takes images \(9, 8, 1\), and the dataset's are \(8, 8, 1\)"),
        (lambda: _config(activation="linear"), "end it with a softmax"),
        (lambda: _config(activation="sigmoid"), "end it with a softmax"),
        (
            lambda: {"config": {"module": "keras", "class_name": "Sequential", "config": {"layers": 7}}},
            "cannot make a model",
        ),
        (
            lambda: {"config": {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": []}}},
            "InputLayer",
        ),
        (lambda: {"name": "applications/MobileNetV2"}, "32x32 or more, and the dataset's are 8x8"),
    ],
    ids=["input", "logits", "sigmoids", "nonsense", "no layers", "too small"],
)
def test_a_model_that_does_not_fit_is_the_users_to_mend(model: Callable[[], dict[str, Any]], words: str) -> None:
    """The sentence says what it takes and what the dataset has."""
    with pytest.raises(UserInputError, match=words):
        _learner(model())


def test_a_model_for_other_classes_is_the_users_to_mend() -> None:
    """Ten outputs for three classes."""
    with pytest.raises(UserInputError, match=r"output of shape \(10,\), and the dataset needs \(3,\)"):
        _learner(_config(), classes=3)


def test_a_model_of_keras_applications_is_built_without_weights_from_afar() -> None:
    """By name, for any number of channels and classes."""
    model = build(ModelSpec(name="applications/MobileNet"), None, (32, 32, 1), 3)
    assert model.output_shape == (None, 3)


def test_an_absurd_model_is_refused_before_it_is_built() -> None:
    """A dense layer of five hundred million units would end the worker; nothing of it is allocated."""
    with pytest.raises(ModelTooLargeError, match="try a smaller model") as caught:
        _learner(_config_with_units(500_000_000))
    failure = failure_of(caught.value, "training")
    assert failure.failure_class == FailureClass.OUT_OF_MEMORY
    assert "weights" in failure.message
    assert _learner({"name": "linear"}).model.built, "and the next one is as ever"


def _config_with_units(units: int) -> dict[str, Any]:
    text = json.dumps({"config": _without_shapes(_config(layers.Flatten(), layers.Dense(5))["config"])})
    changed: dict[str, Any] = json.loads(text.replace('"units": 5', f'"units": {units}'))
    return changed


def _without_shapes(value: Any) -> Any:
    """Without what Keras noted of the sizes that each layer was built with."""
    if isinstance(value, dict):
        return {key: _without_shapes(item) for key, item in value.items() if key != "build_config"}
    return [_without_shapes(item) for item in value] if isinstance(value, list) else value


def test_the_batch_counts_where_memory_is_scarce(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same model fits in small batches and not in large ones."""
    monkeypatch.setattr(memory, "available_bytes", lambda: 3_000_000)

    def build() -> keras.Model:
        return keras.Sequential([keras.Input(SHAPE), layers.Conv2D(16, 3, padding="same")])

    memory.require_memory(build, batch_size=32)
    with pytest.raises(ModelTooLargeError, match="batches of 4096"):
        memory.require_memory(build, batch_size=4096)


@pytest.mark.parametrize(("trainable", "fits"), [(True, False), (False, True)])
def test_what_is_frozen_needs_no_memory_for_gradients(
    monkeypatch: pytest.MonkeyPatch, trainable: bool, fits: bool
) -> None:
    """Neither of its weights nor of what its layers give, of which one at a time is there."""
    monkeypatch.setattr(memory, "available_bytes", lambda: 2_000_000)

    def build() -> keras.Model:
        convolutions = [layers.Conv2D(16, 3, padding="same", trainable=trainable) for _ in range(8)]
        return keras.Sequential([keras.Input(SHAPE), *convolutions, layers.GlobalAveragePooling2D(), layers.Dense(3)])

    if fits:
        memory.require_memory(build, batch_size=32)
    else:
        with pytest.raises(ModelTooLargeError, match="takes about"):
            memory.require_memory(build, batch_size=32)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_learning_rate_is_set_and_not_compiled(optimizer: str, digits: Snapshot) -> None:
    """A second rate compiles nothing, and trains bit by bit as where it was the first."""
    trial = definition({}, optimizer=optimizer, learning_rate=0.02)
    models._compiled.cache_clear()
    alone = train_trial(trial, digits, Nobody())
    models._compiled.cache_clear()
    train_trial(definition({}, optimizer=optimizer, learning_rate=0.001), digits, Nobody())
    after_another = train_trial(trial, digits, Nobody())
    assert models._compiled.cache_info().misses == 1
    assert after_another.predictions == alone.predictions
    assert after_another.result.curves == alone.result.curves


def test_a_model_is_saved_with_the_highest_rate_that_it_was_trained_with() -> None:
    """Whoever trains it further begins there, wherever a schedule ended."""
    learner = _learner({"name": "linear"})
    learner.model.optimizer.learning_rate = 0.001
    with zipfile.ZipFile(io.BytesIO(learner.saved(0.5))) as file:
        saved = json.loads(file.read("config.json"))
    assert saved["compile_config"]["optimizer"]["config"]["learning_rate"] == 0.5
