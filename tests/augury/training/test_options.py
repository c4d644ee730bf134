"""Trials with training options: each does what its definition says, the same every time."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.jobs import Engine
from api_schemas.training.settings import TrainingSettings
from augury.datasets.snapshot import Snapshot
from augury.training.errors import UserInputError
from augury.training.inputs import ENGINES
from augury.training.networks.builtin import NETWORKS
from augury.training.optimisation.mixed_precision import compute_in_bfloat16
from augury.training.splits import draw_split
from augury.training.trial import Trained, train_trial, training_chunks
from tests.augury.training.conftest import Nobody, definition

RESCALE = {"rescale": 1 / 255}
TURNED = RESCALE | {"rotation_range": 30}
STOPPED: dict[str, Any] = {"early_stopping": {"patience": 2}, "inner_fraction": 0.2, "learning_rate": 0.02}


def _train(snapshot: Snapshot, model: str = "small_cnn", spec: Any = RESCALE, **training: Any) -> Trained:
    return train_trial(definition(spec, model=model, **training), snapshot, Nobody())


@pytest.mark.parametrize(
    ("model", "training"),
    [
        ("small_cnn", STOPPED | {"epochs": 12}),
        ("resnet8", {"epochs": 4, "average_last": 0.5}),
        ("linear", {"epochs": 6, "schedule": "plateau", "augment_until": 0.5, "optimizer": "sgd", "momentum": 0.9}),
        ("linear", {"epochs": 3, "loss": "focal", "class_weight": "balanced", "gradient_clip": 0.5}),
    ],
    ids=["stopped early", "averaged", "plateau", "focal and balanced"],
)
def test_a_trial_with_options_gives_the_same_result_again(
    model: str, training: dict[str, Any], digits: Snapshot
) -> None:
    """As one does whose worker was lost."""
    first, again = (_train(digits, model, TURNED, **training) for _ in range(2))
    assert first.predictions == again.predictions
    assert first.result.curves == again.result.curves


def test_a_training_that_is_stopped_early_has_the_weights_of_its_best_epoch(digits: Snapshot) -> None:
    """It is judged by these, on images that it was not stopped by, and trained on the rest."""
    result = _train(digits, epochs=40, **STOPPED).result
    assert result.best_epoch is not None
    assert result.stopped_early
    assert result.epochs == result.best_epoch + 2 < 40
    assert result.validation_accuracy == result.curves.validation_accuracy[result.best_epoch - 1]
    losses = [loss for loss in result.curves.inner_loss if loss is not None]
    assert losses.index(min(losses)) == result.best_epoch - 1
    assert (result.training_images, result.inner_images, result.validation_images) == (80, 20, 50)
    assert not result.still_improving


def test_a_training_that_diverges_goes_back_to_its_best_weights(digits: Snapshot) -> None:
    """Where it keeps them: the rate rises until the loss is no number, and the result still is one that was learned."""
    rising = {"name": "cosine", "warmup_epochs": 59}  # a decay times a rate above 2 makes weights larger in every step
    training: dict[str, Any] = {"epochs": 60, "schedule": rising, "early_stopping": {"patience": 60}}
    result = _train(digits, "linear", optimizer="sgd", learning_rate=10.0, weight_decay=1.0, **training).result
    assert result.diverged
    assert result.best_epoch is not None
    assert result.validation_accuracy == result.curves.validation_accuracy[result.best_epoch - 1]


def test_the_images_that_judge_have_no_part_in_when_a_training_stops(digits: Snapshot) -> None:
    """Were they all black, it would be the same training, and only be judged otherwise."""
    requested = definition(RESCALE, epochs=20, **STOPPED)
    darkened = digits.images.copy()
    darkened[draw_split(digits, requested.split, requested.seed).validation] = 0
    as_it_is, other = (
        train_trial(requested, each, Nobody()).result for each in (digits, replace(digits, images=darkened))
    )
    assert as_it_is.curves.inner_loss == other.curves.inner_loss
    assert (as_it_is.best_epoch, as_it_is.clean_training_accuracy) == (other.best_epoch, other.clean_training_accuracy)
    assert as_it_is.curves.validation_loss != other.curves.validation_loss


def test_a_plateau_lowers_the_rate_of_a_training_whose_inner_loss_rises(digits: Snapshot) -> None:
    """It goes on to its last epoch, with that epoch's weights."""
    schedule = {"name": "plateau", "patience": 1, "factor": 0.1}
    result = _train(digits, epochs=12, schedule=schedule, learning_rate=0.02).result
    rates = result.curves.learning_rate
    lowered = [epoch for epoch in range(1, 12) if rates[epoch] != rates[epoch - 1]]
    losses = result.curves.inner_loss
    assert lowered, "the rate is far too high"
    assert all(losses[epoch - 1] >= min(losses[: epoch - 1]) for epoch in lowered)  # type: ignore[operator,type-var]
    assert (result.epochs, result.best_epoch, result.stopped_early) == (12, None, False)


def test_a_model_with_averaged_weights_has_statistics_that_fit_them(digits: Snapshot, tmp_path: Path) -> None:
    """Of what its own first convolution makes of the training images, and not of what the last step's made of them."""
    requested = definition(RESCALE, model="resnet8", epochs=3, average_last=0.75, learning_rate=0.02)
    trained = train_trial(requested, digits, Nobody())
    assert trained.model is not None
    (tmp_path / "model.keras").write_bytes(trained.model)
    model = keras.saving.load_model(tmp_path / "model.keras")
    training = draw_split(digits, requested.split, requested.seed).training
    normalising = next(layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization))
    seen = keras.Model(model.inputs, normalising.input)(digits.images[training].astype(np.float32) / 255)
    expected = np.asarray(seen).mean(axis=(0, 1, 2))
    np.testing.assert_allclose(np.asarray(normalising.moving_mean), expected, atol=1e-5)


@pytest.mark.parametrize("engine", ["augury", "keras"])
def test_the_last_share_of_epochs_is_not_augmented(engine: Engine, digits: Snapshot) -> None:
    """Its images are all those that are trained on, preprocessed; those before are turned."""
    spec = ImageDataGeneratorSpec.model_validate(TURNED)
    training = np.arange(50)
    inputs = ENGINES[engine](spec, digits.images, digits.labels, training, 0)
    settings = TrainingSettings(epochs=5, batch_size=50, augment_until=0.6)
    epochs = [chunk.images for chunk in training_chunks(inputs, settings)]
    plain = inputs.preprocessed(training)
    assert [_is_in_another_order(images, plain) for images in epochs] == [False, False, False, True, True]
    assert not np.array_equal(epochs[3], epochs[4]), "each epoch has an order of its own"


def _is_in_another_order(images: np.ndarray, others: np.ndarray) -> bool:
    rows, expected = ({row.tobytes() for row in each} for each in (images, others))
    return len(images) == len(others) and rows == expected


def test_a_class_that_the_dataset_does_not_have_cannot_be_weighed(digits: Snapshot) -> None:
    """The sentence names it."""
    with pytest.raises(UserInputError, match="names class 'seven'"):
        _train(digits, class_weight={"seven": 2.0})


def test_mixed_precision_is_refused_where_there_are_processors_alone(digits: Snapshot) -> None:
    """A request for them says so already; this is a worker that lost its GPU."""
    with pytest.raises(UserInputError, match="needs a GPU"):
        _train(digits, mixed_precision=True)


@pytest.mark.parametrize("name", ["small_cnn", "resnet8"])
def test_mixed_precision_computes_in_bfloat16_and_keeps_weights_and_probabilities_in_float32(
    name: str, tmp_path: Path
) -> None:
    """They are near those of the whole precision, and sum to 1; the model can be saved and read."""
    images = np.random.default_rng(0).random((4, 8, 8, 1)).astype(np.float32)
    model = NETWORKS[name]((8, 8, 1), 10)
    whole = np.asarray(model(images))
    compute_in_bfloat16(model)
    assert {layer.compute_dtype for layer in model.layers[1:-1]} == {"bfloat16"}
    assert {variable.dtype for variable in model.weights} == {"float32"}
    mixed = model(images)
    assert keras.backend.standardize_dtype(mixed.dtype) == "float32"
    np.testing.assert_allclose(np.asarray(mixed).sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.asarray(mixed), whole, atol=0.02)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(again(images)), np.asarray(mixed))


def test_a_model_trained_with_another_loss_can_be_read_without_it(digits: Snapshot, tmp_path: Path) -> None:
    """The file names nothing but what Keras has."""
    trained = _train(digits, "linear", epochs=1, loss="focal", optimizer="adamw", class_weight="balanced")
    assert trained.model is not None
    (tmp_path / "model.keras").write_bytes(trained.model)
    model = keras.saving.load_model(tmp_path / "model.keras")
    stored = np.load(io.BytesIO(trained.predictions))
    probabilities = model.predict_on_batch(digits.images[stored["indices"]].astype(np.float32) / 255)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), stored["predicted"])
