"""Trials on digits from definition to result; few and small, because each costs a second."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.training.trials import TrialResult
from augury.datasets.snapshot import Snapshot
from augury.planning.splits import FixedSplit, RandomSplit
from augury.planning.trial_definition import TrialDefinition
from augury.training import evaluation, inputs, trial
from augury.training.errors import UserInputError
from augury.training.optimisation import inner_split
from augury.training.steppers import BatchStepper
from augury.training.trial import Trained, train_trial
from tests.augury.training.conftest import Nobody, definition
from tests.augury.training.test_inputs import VIOLENT
from tests.store.databases import OVER

RESCALE = {"rescale": 1 / 255}
TIMES = {"seconds", "augmentation_seconds", "images_per_second"}


def _train(requested: TrialDefinition, snapshot: Snapshot) -> Trained:
    return train_trial(requested, snapshot, Nobody())


def _measured(result: TrialResult) -> dict[str, Any]:
    return result.model_dump(exclude=TIMES)


def test_the_same_definition_gives_the_same_result(digits: Snapshot, monitor: Nobody) -> None:
    """Every curve and prediction to the last digit, with another trial in between."""
    requested = definition(OVER | {"rescale": 1 / 255, "samplewise_center": True})
    first = train_trial(requested, digits, monitor)
    other = _train(definition(RESCALE, seed=1), digits)
    again = _train(requested, digits)
    assert _measured(again.result) == _measured(first.result)
    assert again.predictions == first.predictions
    assert _measured(other.result) != _measured(first.result)
    assert monitor.epochs == [1, 2]


def test_a_result_says_what_was_done_and_measured(digits: Snapshot) -> None:
    """Counts, one value per epoch and class, and rates that are not zero."""
    result = _train(definition(RESCALE), digits).result
    assert (result.training_images, result.validation_images, result.epochs) == (100, 50, 2)
    assert len(result.curves.validation_accuracy) == 2
    assert result.validation_accuracy == result.curves.validation_accuracy[-1], "of the last epoch, not of the best"
    assert result.final_training_loss == result.curves.training_loss[-1]
    assert len(result.per_class_accuracy) == 10
    assert not result.diverged
    assert 0 < result.augmentation_seconds < result.seconds
    assert result.images_per_second > 0


def test_training_learns(digits: Snapshot) -> None:
    """Far better than one in ten on clean images, so the labels, the split and the loss belong together."""
    result = _train(definition(RESCALE, epochs=25), digits).result
    assert result.validation_accuracy > 0.6
    assert result.clean_training_accuracy > 0.7
    assert result.still_improving


def test_the_loss_of_an_epoch_is_that_of_all_its_batches(digits: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """By Keras's own steps as by ours, so another backend reports the same."""
    ours = _train(definition(RESCALE), digits).result
    real = trial.initialised_learner

    def with_keras_steps(*arguments: Any, **options: Any) -> Any:
        learner = real(*arguments, **options)
        return replace(learner, stepper=BatchStepper(learner.model))

    monkeypatch.setattr(trial, "initialised_learner", with_keras_steps)
    theirs = _train(definition(RESCALE), digits).result
    assert theirs.curves.training_loss == pytest.approx(ours.curves.training_loss, abs=1e-4)
    assert theirs.curves.training_accuracy == pytest.approx(ours.curves.training_accuracy, abs=1e-6)
    assert theirs.validation_accuracy == ours.validation_accuracy


def test_predictions_are_those_behind_the_accuracy(digits: Snapshot) -> None:
    """With the images' places in the snapshot, so that two arms can be compared image by image."""
    trained = _train(definition(RESCALE), digits)
    stored = np.load(io.BytesIO(trained.predictions))
    np.testing.assert_array_equal(stored["labels"], digits.labels[stored["indices"]])
    right = stored["predicted"] == stored["labels"]
    assert right.mean() == pytest.approx(trained.result.validation_accuracy)
    for label, accuracy in enumerate(trained.result.per_class_accuracy):
        assert accuracy == pytest.approx(right[stored["labels"] == label].mean())
    assert {name: stored[name].dtype.name for name in stored} == {
        "indices": "int64", "labels": "int64", "predicted": "int32", "probability": "float32",
        "confidence": "float32", "rank": "int32", "log_probabilities": "float16",
    }  # fmt: skip


def test_all_classes_probabilities_are_stored_as_exactly_as_metrics_need_them(digits: Snapshot) -> None:
    """Their logarithms sum to one, and have the true class's probability, the confidence and the rank in them."""
    stored = np.load(io.BytesIO(_train(definition(RESCALE), digits).predictions))
    probabilities = np.exp(stored["log_probabilities"].astype(np.float64))
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(probabilities)), abs=0.01)
    of_true = probabilities[np.arange(len(probabilities)), stored["labels"]]
    assert of_true == pytest.approx(stored["probability"], rel=0.01)
    assert probabilities.max(axis=1) == pytest.approx(stored["confidence"], rel=0.01)
    np.testing.assert_array_equal(stored["rank"] == 0, stored["labels"] == stored["predicted"])


def test_vectors_that_are_too_large_are_not_stored(digits: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """What top-k accuracy, log loss and calibration take of them is."""
    monkeypatch.setattr(evaluation, "MAX_STORED_PROBABILITIES", 10)
    stored = np.load(io.BytesIO(_train(definition(RESCALE), digits).predictions))
    assert {"probability", "confidence", "rank"} <= set(stored.files)
    assert "log_probabilities" not in stored.files


def test_the_model_of_an_arm_without_augmentation_is_kept(digits: Snapshot, tmp_path: Path) -> None:
    """Loaded again it predicts what was predicted; of an augmented arm only where it is asked for."""
    trained = _train(definition(RESCALE), digits)
    assert trained.model is not None
    (tmp_path / "model.keras").write_bytes(trained.model)
    model = keras.saving.load_model(tmp_path / "model.keras")
    stored = np.load(io.BytesIO(trained.predictions))
    probabilities = model.predict_on_batch(digits.images[stored["indices"]].astype(np.float32) / 255)
    chosen = probabilities[np.arange(50), stored["labels"]]
    np.testing.assert_allclose(chosen, stored["probability"], atol=1e-5)
    flipped = definition(RESCALE | {"horizontal_flip": True}, epochs=1)
    assert _train(flipped, digits).model is None
    assert _train(flipped.model_copy(update={"keep_model": True}), digits).model is not None


def test_split_weights_and_order_all_come_from_the_trials_own_seed(
    digits: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of the three is shared by two seeds, and all are by two specs of one seed."""
    used: list[tuple[int, ...]] = []

    def note(module: Any, name: str, of_interest: str | None = None) -> None:
        real = getattr(module, name)

        def noting(*arguments: Any, **options: Any) -> Any:
            result = real(*arguments, **options)
            if of_interest is None or arguments[-1] == of_interest:
                used[-1] += (result if of_interest else arguments[-1],)
            return result

        monkeypatch.setattr(module, name, noting)

    note(trial, "stream_seed", trial.INITIALISATION)
    note(inner_split, "draw_split")
    note(inputs, "stream_seed", inputs.BATCHES)
    for seed, spec in ((0, VIOLENT.model_dump(mode="json")), (0, RESCALE), (1, VIOLENT.model_dump(mode="json"))):
        used.append(())
        _train(definition(spec, seed, epochs=1), digits)
    assert used[0] == used[1]
    assert all(one != other for one, other in zip(used[0], used[2], strict=True))
    assert len(set(used[0])) == 3


def test_training_that_diverges_is_a_result_and_not_an_error(digits: Snapshot) -> None:
    """It ends early, says so, and nothing in it is a number that JSON cannot say."""
    result = _train(definition({}, optimizer="sgd", learning_rate=10.0, epochs=5), digits).result
    assert result.diverged
    assert result.epochs < 5
    assert result.curves.training_loss[-1] is None
    assert result.final_training_loss is None
    assert math.isfinite(result.validation_accuracy)
    json.dumps(result.model_dump(mode="json"), allow_nan=False)
    assert TrialResult.model_validate_json(result.model_dump_json()) == result


def test_a_result_from_before_still_reads() -> None:
    """Rows of older versions lack the later fields."""
    old = {
        "validation_accuracy": 0.5, "clean_training_accuracy": 0.5, "diverged": False, "epochs": 1,
        "training_images": 4, "validation_images": 2, "seconds": 1.0, "augmentation_seconds": 0.1,
        "curves": {"training_loss": [1], "training_accuracy": [1], "validation_loss": [1], "validation_accuracy": [1]},
    }  # fmt: skip
    result = TrialResult.model_validate(old)
    assert (result.final_training_loss, result.per_class_accuracy, result.still_improving) == (None, [], False)


def test_a_set_that_does_not_fit_in_memory_trains_from_its_map(
    digits: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In small chunks, nothing kept, and with the same result as at once."""
    requested = definition(RESCALE | {"rotation_range": 10, "featurewise_center": True})
    at_once = _train(requested, digits).result
    np.save(tmp_path / "images.npy", digits.images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    monkeypatch.setattr(inputs, "CHUNK_BYTES", 10_000)
    monkeypatch.setattr(evaluation, "CHUNK_BYTES", 3_000)
    monkeypatch.setattr(evaluation, "_CACHE_BYTES", 0)
    in_chunks = _train(requested, Snapshot(mapped, digits.labels, digits.class_names)).result
    assert in_chunks.validation_accuracy == at_once.validation_accuracy
    assert in_chunks.clean_training_accuracy == at_once.clean_training_accuracy
    assert in_chunks.curves.training_loss == pytest.approx(at_once.curves.training_loss, rel=1e-5)


def _noise(images: int, classes: int, size: int = 6) -> Snapshot:
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (images, size, size, 1), dtype=np.uint8)
    names = [f"class {number}" for number in range(classes)]
    return Snapshot(pixels, np.arange(images, dtype=np.int64) % classes, names)


def _split_anew(requested: TrialDefinition, fraction: float = 0.5) -> TrialDefinition:
    """The same trial on all images, of which this fraction is validated on."""
    return requested.model_copy(update={"split": RandomSplit(validation_fraction=fraction, training_images=None)})


@pytest.mark.parametrize(
    ("snapshot", "fraction"),
    [
        (_noise(4, 2), 0.5),
        (_noise(600, 200), 0.34),
        (_noise(20, 2), 0.5),
        (Snapshot(np.full((20, 6, 6, 1), 7, np.uint8), np.arange(20) % 2, ["a", "b"]), 0.5),
    ],
    ids=["two images a class", "200 classes", "ten validation images", "all images the same"],
)
def test_odd_datasets_give_a_result(snapshot: Snapshot, fraction: float) -> None:
    """With normalisation, which has nothing to divide by where images are flat."""
    spec = {"samplewise_center": True, "samplewise_std_normalization": True, "featurewise_std_normalization": True}
    requested = _split_anew(definition(spec, model="linear", epochs=1), fraction)
    result = _train(requested, snapshot).result
    assert 0 <= result.validation_accuracy <= 1
    assert not result.diverged
    assert len(result.per_class_accuracy) == len(snapshot.class_names)


def test_a_perfect_model_is_a_plain_result() -> None:
    """Black against white: everything right, on every class."""
    images = np.repeat(np.array([0, 255], np.uint8), 20)[:, None, None, None] * np.ones((1, 6, 6, 1), np.uint8)
    snapshot = Snapshot(images, np.repeat(np.arange(2), 20), ["black", "white"])
    requested = _split_anew(definition(RESCALE, model="linear", epochs=40, learning_rate=0.1))
    result = _train(requested, snapshot).result
    assert (result.validation_accuracy, result.per_class_accuracy) == (1.0, [1.0, 1.0])


def test_a_class_with_a_single_image_is_the_users_to_mend() -> None:
    """The submission refuses it; a trial that comes this far does, too."""
    lonely = Snapshot(np.zeros((5, 6, 6, 1), np.uint8), np.array([0, 0, 0, 0, 1]), ["a", "b"])
    with pytest.raises(UserInputError, match="cannot be split as asked"):
        _train(_split_anew(definition({}, model="linear")), lonely)


def test_a_spec_is_read_strictly() -> None:
    """A definition that is no spec is refused before anything is trained."""
    with pytest.raises(ValueError, match="rotation_rang"):
        TrialDefinition.model_validate(
            definition({}).canonical() | {"spec": ImageDataGeneratorSpec().model_dump() | {"rotation_rang": 1}}
        )


def test_a_split_that_is_scored_is_predicted_at_the_end_and_never_seen_before(digits: Snapshot) -> None:
    """By the same weights as the validation images, which are others; elsewhere nothing is."""
    split_of = np.arange(len(digits.labels)) % 4
    divided = replace(digits, splits=np.where(split_of == 3, 2, np.where(split_of == 2, 1, 0)).astype(np.int8))
    fixed = FixedSplit(validation="validation", training_images=None)
    plain = definition(RESCALE).model_copy(update={"split": fixed})
    scored = _train(plain.model_copy(update={"scored_on": "test"}), divided)
    assert scored.scored is not None
    on_test = np.load(io.BytesIO(scored.scored))
    np.testing.assert_array_equal(on_test["indices"], np.flatnonzero(split_of == 3))
    np.testing.assert_array_equal(on_test["labels"], digits.labels[split_of == 3])
    unscored = _train(plain, divided)
    assert unscored.scored is None
    assert unscored.predictions == scored.predictions
