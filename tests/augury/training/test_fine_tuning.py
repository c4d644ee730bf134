"""Registered models trained further: new tops, frozen layers, stages."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from api_schemas.training.models import ModelSpec
from augury.datasets.snapshot import Snapshot
from augury.planning.trial_definition import TrialDefinition
from augury.training import models
from augury.training.errors import UserInputError
from augury.training.model_files.archive import read_config
from augury.training.model_files.stored import StoredModel, read_stored_model, write_stored_model
from augury.training.models import Frozen
from augury.training.networks.building import build
from augury.training.networks.frozen_part import split_at_frozen
from augury.training.trial import Trained, train_trial
from tests.augury.training.conftest import Nobody, definition

SHAPE = (8, 8, 1)
RESCALE = {"rescale": 1 / 16}


def _network(classes: int, shape: tuple[int, int, int] = SHAPE) -> keras.Model:
    """Two convolutions with batch normalisation, and a classifier."""
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="first"),
            layers.BatchNormalization(name="normal"),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="second"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(classes, activation="softmax", name="classifier"),
        ]
    )


def _stored(model: keras.Model, file: Path) -> str:
    config = read_config(model.to_json().encode())
    return write_stored_model(file, StoredModel(config, [np.asarray(weight) for weight in model.weights]))


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory, digits: Snapshot) -> tuple[Path, str]:
    """A network that was trained on another task: whether a digit is even. Its stored form and digest."""
    keras.utils.set_random_seed(3)
    model = _network(2)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(digits.images / 16, digits.labels % 2, epochs=15, batch_size=32, verbose=0)
    file = tmp_path_factory.mktemp("backbone") / "model.safetensors"
    return file, _stored(model, file)


def _definition(digest: str, *, seed: int = 0, spec: dict[str, Any] = RESCALE, **training: Any) -> TrialDefinition:
    model = {name: training.pop(name) for name in ("head", "trainable", "stages") if name in training}
    settings = {"schedule": "constant"} | training
    plain = definition(spec, seed, **settings)
    return plain.model_copy(update={"model": ModelSpec.model_validate({"digest": digest} | model)})


def _weights(trained: Trained) -> dict[str, np.ndarray]:
    """Of the model that a trial leaves, by variable."""
    assert trained.model is not None
    model = keras.src.saving.saving_lib.load_model(io.BytesIO(trained.model))
    return {weight.path: np.asarray(weight) for weight in model.weights}


def _before(file: Path) -> dict[str, np.ndarray]:
    model = build(ModelSpec(digest="d" * 64), read_stored_model(file), SHAPE, 2)
    return {weight.path: np.asarray(weight) for weight in model.weights}


def _changed(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> set[str]:
    """Layers of which a weight, or a statistic of batch normalisation, is another one."""
    return {
        path.split("/")[0] for path in before.keys() & after.keys() if not np.array_equal(before[path], after[path])
    }


def test_a_new_top_is_trained_alone_where_that_is_asked(backbone: tuple[Path, str], digits: Snapshot) -> None:
    """Every weight below it is as it was, the statistics of batch normalisation included; it learns all ten classes."""
    file, digest = backbone
    trial = _definition(digest, head={}, trainable="head", epochs=20, learning_rate=0.05)
    trained = train_trial(trial, digits, Nobody(), file)
    assert _changed(_before(file), _weights(trained)) == set()
    losses = trained.result.curves.training_loss
    assert losses[-1] < losses[0] - 0.5
    assert len(trained.result.per_class_accuracy) == 10


@pytest.mark.parametrize(
    ("trainable", "expected"),
    [
        ("all", {"first", "normal", "second"}),
        ("last:2", {"second"}),
        (["second", "new_head_*"], {"second"}),
        (["n?rmal"], {"normal"}),
    ],
)
def test_the_layers_that_are_named_are_trained_and_no_others(
    backbone: tuple[Path, str], digits: Snapshot, trainable: Any, expected: set[str]
) -> None:
    """By number from the end, the new top counted, or by patterns of names."""
    file, digest = backbone
    trial = _definition(digest, head={"pooling": "max"}, trainable=trainable, epochs=1, learning_rate=0.01)
    assert _changed(_before(file), _weights(train_trial(trial, digits, Nobody(), file))) == expected


def test_a_model_of_the_same_classes_goes_on_where_it_was(tmp_path: Path, digits: Snapshot) -> None:
    """Without a new top: after an epoch at a rate that changes nothing it knows what it knew."""
    keras.utils.set_random_seed(3)
    model = _network(10)
    model.compile(
        keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
    )
    model.fit(digits.images / 16, digits.labels, epochs=30, batch_size=32, verbose=0)
    known = model.evaluate(digits.images / 16, digits.labels, verbose=0)[1]
    digest = _stored(model, tmp_path / "m")
    trial = _definition(digest, trainable="head", epochs=1, learning_rate=1e-9)
    result = train_trial(trial, digits, Nobody(), tmp_path / "m").result
    share = (result.validation_accuracy * result.validation_images, result.clean_training_accuracy * 100)
    assert sum(share) / (result.validation_images + 100) == pytest.approx(known, abs=0.1)
    assert known > 0.5


def test_stages_train_the_top_first_and_then_more(backbone: tuple[Path, str], digits: Snapshot) -> None:
    """One result, whose curves go on; the second stage begins where the first one ended."""
    file, digest = backbone
    head, rest = {"trainable": "head"}, {"trainable": "last:2", "learning_rate": 1e-3}
    monitor = Nobody()
    staged = train_trial(
        _definition(digest, head={}, stages=[head, rest], epochs=6, learning_rate=0.05), digits, monitor, file
    )
    alone = train_trial(
        _definition(digest, head={}, trainable="head", epochs=3, learning_rate=0.05), digits, Nobody(), file
    )
    assert monitor.epochs == [1, 2, 3, 4, 5, 6]
    assert staged.result.curves.training_loss[:3] == pytest.approx(alone.result.curves.training_loss, rel=1e-5)
    assert staged.result.curves.training_loss[3] < alone.result.curves.training_loss[0]
    assert _changed(_before(file), _weights(staged)) == {"second"}
    again = train_trial(
        _definition(digest, head={}, stages=[head, rest], epochs=6, learning_rate=0.05), digits, Nobody(), file
    )
    assert again.predictions == staged.predictions, "and a trial that starts again gives the same"


def test_the_best_epoch_of_a_later_stage_is_counted_among_all(backbone: tuple[Path, str], digits: Snapshot) -> None:
    """Curves have the epochs of all stages."""
    file, digest = backbone
    stages = [{"trainable": "head"}, {"trainable": "last:2", "learning_rate": 1e-3}]
    training: dict[str, Any] = {"epochs": 8, "learning_rate": 0.05, "early_stopping": {"patience": 9}}
    result = train_trial(_definition(digest, head={}, stages=stages, **training), digits, Nobody(), file).result
    assert result.best_epoch is not None
    assert result.best_epoch > 4
    of_stage = result.curves.inner_loss[4:]
    assert result.curves.inner_loss[result.best_epoch - 1] == min(loss for loss in of_stage if loss is not None)


def test_a_rate_that_diverges_in_the_second_stage_is_a_result(backbone: tuple[Path, str], digits: Snapshot) -> None:
    """It ends the training there, and the third stage is not begun."""
    file, digest = backbone
    stages = [{"trainable": "head"}, {"trainable": "all", "learning_rate": 10.0}, {"trainable": "head"}]
    trial = _definition(digest, head={}, stages=stages, epochs=30, learning_rate=0.01, optimizer="sgd", spec={})
    huge = Snapshot(digits.images.astype(np.float32) * 1e12, digits.labels, digits.class_names)
    result = train_trial(trial, huge, Nobody(), file).result
    assert result.diverged
    assert result.epochs < 30


def test_arms_of_one_seed_begin_with_the_same_top(backbone: tuple[Path, str], digits: Snapshot) -> None:
    """So that their difference is the augmentation's; another seed begins with another one."""
    file, digest = backbone

    def kernel(seed: int, **spec: Any) -> np.ndarray:
        trial = _definition(
            digest, seed=seed, spec=RESCALE | spec, head={}, trainable="head", epochs=1, learning_rate=1e-9
        )
        trained = train_trial(trial.model_copy(update={"keep_model": True}), digits, Nobody(), file)
        return _weights(trained)["new_head_dense/kernel"]

    first = kernel(1)
    np.testing.assert_allclose(first, kernel(1, rotation_range=20), atol=1e-5)
    assert np.abs(first - kernel(2)).max() > 1e-3


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [
        ({}, SHAPE, 'gives an output of shape .*2.*give it a new top with "head"'),
        ({"head": {"cut": "nowhere"}}, SHAPE, "no layer 'nowhere'; the last ones are .*classifier"),
        ({"head": {}}, (16, 16, 3), "takes images .*8, 8, 1"),
        (
            {"head": {}, "trainable": ["block*"]},
            SHAPE,
            "names no layer with weights; the last ones are .*new_head_dense",
        ),
    ],
)
def test_what_does_not_fit_is_said(
    backbone: tuple[Path, str], model: dict[str, Any], shape: tuple[int, int, int], message: str
) -> None:
    """With what there is."""
    file, digest = backbone
    with pytest.raises(UserInputError, match=message):
        build(ModelSpec.model_validate({"digest": digest} | model), read_stored_model(file), shape, 10)


def test_a_network_inside_of_a_network_is_cut_behind_it(tmp_path: Path) -> None:
    """As transfer learning leaves them: the backbone is one layer, whose output in the whole is what counts."""
    inner = keras.Model(given := keras.Input(SHAPE), layers.Conv2D(4, 3, name="inside")(given), name="inner")
    whole = keras.Sequential([keras.Input(SHAPE), inner, layers.Flatten(), layers.Dense(2, activation="softmax")])
    digest = _stored(whole, tmp_path / "m")
    model = build(ModelSpec(digest=digest, head={}, trainable="head"), read_stored_model(tmp_path / "m"), SHAPE, 3)
    assert model.output_shape == (None, 3)
    assert [weight.path for weight in model.trainable_weights] == ["new_head_dense/kernel", "new_head_dense/bias"]
    np.testing.assert_array_equal(model.get_layer("inner").get_weights()[0], inner.get_weights()[0])


def test_a_model_without_places_is_cut_below_its_classifier(tmp_path: Path) -> None:
    """Of a dense network the features below its last layer are kept."""
    dense = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Flatten(),
            layers.Dense(7, activation="relu"),
            layers.Dense(2, activation="softmax"),
        ]
    )
    digest = _stored(dense, tmp_path / "m")
    model = build(ModelSpec(digest=digest, head={}), read_stored_model(tmp_path / "m"), SHAPE, 5)
    assert [tuple(weight.shape) for weight in model.weights] == [(64, 7), (7,), (7, 5), (5,)]


def test_a_model_that_has_a_top_of_ours_gets_another_in_its_place(backbone: tuple[Path, str], tmp_path: Path) -> None:
    """As one that an earlier job left; only on top of the other there is no place."""
    file, digest = backbone
    first = build(ModelSpec(digest=digest, head={}), read_stored_model(file), SHAPE, 5)
    again = _stored(first, tmp_path / "again")
    stored = read_stored_model(tmp_path / "again")
    second = build(ModelSpec(digest=again, head={}, trainable="head"), stored, SHAPE, 3)
    assert second.output_shape == (None, 3)
    assert [weight.path for weight in second.trainable_weights] == ["new_head_dense/kernel", "new_head_dense/bias"]
    with pytest.raises(UserInputError, match="below its present top"):
        build(ModelSpec(digest=again, head={"cut": "new_head_dense"}), stored, SHAPE, 3)


def _counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From now on, how many images go through frozen parts at a time."""
    counts: list[int] = []
    forward = Frozen.forward

    def counted(self: Frozen, images: np.ndarray) -> np.ndarray:
        counts.append(len(images))
        return forward(self, images)

    monkeypatch.setattr(Frozen, "forward", counted)
    return counts


def test_an_image_that_is_not_augmented_goes_through_the_frozen_part_once(
    backbone: tuple[Path, str], digits: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many epochs there are; and what comes of it is what comes of going the long way."""
    file, digest = backbone
    trial = _definition(digest, head={}, trainable="head", epochs=5, learning_rate=0.05, average_last=0.4)
    counts = _counting(monkeypatch)
    short = train_trial(trial, digits, Nobody(), file)
    assert sum(counts) == short.result.training_images + short.result.validation_images
    models._compiled.cache_clear()
    monkeypatch.setattr(models, "split_at_frozen", lambda _: None)
    long = train_trial(trial, digits, Nobody(), file)
    models._compiled.cache_clear()
    assert short.result.curves.training_loss == pytest.approx(long.result.curves.training_loss, rel=1e-4)
    assert short.result.validation_accuracy == pytest.approx(long.result.validation_accuracy, abs=0.021)
    for path, weight in _weights(long).items():
        np.testing.assert_allclose(_weights(short)[path], weight, atol=1e-4)


def test_augmented_images_go_the_whole_way(
    backbone: tuple[Path, str], digits: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is another one in every epoch."""
    file, digest = backbone
    counts = _counting(monkeypatch)
    trial = _definition(digest, spec=RESCALE | {"rotation_range": 9}, head={}, trainable="head", epochs=1)
    train_trial(trial, digits, Nobody(), file)
    assert counts == []


@pytest.mark.parametrize(
    ("inner", "trainable", "features"),
    [
        (lambda: [layers.Conv2D(4, 3), layers.BatchNormalization()], "head", (4,)),
        (lambda: [layers.Conv2D(4, 3), layers.Dropout(0.5)], "head", (6, 6, 4)),  # which draws, frozen or not
        (lambda: [layers.Conv2D(4, 3), layers.Dropout(0.5), layers.Conv2D(6, 3)], "head", (6, 6, 4)),
        (lambda: [layers.Conv2D(4, 3), layers.Conv2D(6, 3)], "last:2", (6, 6, 4)),
        (lambda: [layers.Conv2D(4, 3), layers.Conv2D(6, 3)], "all", None),
    ],
    ids=["frozen", "dropout below", "dropout in the middle", "last two", "nothing frozen"],
)
def test_a_frozen_part_ends_where_something_is_trained_or_drawn(
    tmp_path: Path, inner: Callable[[], list[Any]], trainable: Any, features: tuple[int, ...] | None
) -> None:
    """As high as that is, pooling included."""
    model = keras.Sequential([keras.Input(SHAPE), *inner(), layers.Flatten(), layers.Dense(2, activation="softmax")])
    digest = _stored(model, tmp_path / "m")
    spec = ModelSpec.model_validate({"digest": digest, "head": {}, "trainable": trainable})
    built = build(spec, read_stored_model(tmp_path / "m"), SHAPE, 3)
    parts = split_at_frozen(built)
    assert (None if parts is None else parts.below.output_shape[1:]) == features
    if parts is not None:
        images = np.random.default_rng(0).random((3, *SHAPE), np.float32)
        np.testing.assert_allclose(parts.above(parts.below(images)), built(images), atol=1e-6)
        assert not parts.below.trainable_variables


def test_a_network_that_draws_in_a_branch_has_no_frozen_part(tmp_path: Path) -> None:
    """What is behind the branch is another thing in every step."""
    given = keras.Input(SHAPE)
    first = layers.Conv2D(4, 3, padding="same")(given)
    joined = layers.Add()([first, layers.Dropout(0.5)(first)])
    model = keras.Model(given, layers.Dense(2, activation="softmax")(layers.Flatten()(joined)))
    digest = _stored(model, tmp_path / "m")
    spec = ModelSpec(digest=digest, head={}, trainable="head")
    assert split_at_frozen(build(spec, read_stored_model(tmp_path / "m"), SHAPE, 3)) is None
