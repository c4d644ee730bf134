"""What a model is fed, by either engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.datasets.snapshot import Snapshot
from augury.training import inputs
from augury.training.errors import UserInputError
from tests.augury.datasets.digits import digits_snapshot
from tests.store.databases import TARGETED

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:keras", "ignore:This ImageDataGenerator specifies:UserWarning"
)

VIOLENT = ImageDataGeneratorSpec(
    rotation_range=180, width_shift_range=0.9, zoom_range=0.9, brightness_range=(0, 3), horizontal_flip=True
)


def _inputs(
    engine: str, spec: ImageDataGeneratorSpec, snapshot: Snapshot, training: Any = range(100), seed: int = 0
) -> Any:
    return inputs.ENGINES[engine](spec, snapshot.images, snapshot.labels, np.asarray(training), seed)


@pytest.mark.parametrize(
    "preprocessing",
    [
        {},
        {"rescale": 1 / 255},
        {"samplewise_center": True, "samplewise_std_normalization": True},
        {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 0.5},
        {"zca_whitening": True, "dtype": "float64"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("engine", ["augury", "keras"])
def test_validation_images_get_the_preprocessing_half_only(
    engine: str, preprocessing: dict[str, Any], digits: Snapshot
) -> None:
    """However violent the augmentation, a model sees the same validation images as with the half alone."""
    violent = VIOLENT.model_copy(update=ImageDataGeneratorSpec(**preprocessing).model_dump(include=set(preprocessing)))
    validation = np.arange(100, 150)
    seen = _inputs(engine, violent, digits).preprocessed(validation)
    alone = _inputs(engine, violent.preprocessing(), digits).preprocessed(validation)
    np.testing.assert_array_equal(seen, alone)
    assert seen.dtype == np.float32
    np.testing.assert_array_equal(digits.images[100:150], digits_snapshot().images[100:150], "the snapshot is left")


@pytest.mark.parametrize("engine", ["augury", "keras"])
def test_rescaled_validation_images_are_the_pixels_times_the_factor(engine: str, digits: Snapshot) -> None:
    """A value worked out by hand, so that both sides of the comparison above cannot be wrong together."""
    spec = ImageDataGeneratorSpec(rescale=1 / 255, horizontal_flip=True)
    seen = _inputs(engine, spec, digits).preprocessed(np.arange(5))
    np.testing.assert_allclose(seen, digits.images[:5] / 255, rtol=1e-6)


@pytest.mark.parametrize("engine", ["augury", "keras"])
def test_two_specs_with_one_seed_see_the_same_images_in_the_same_order(engine: str, digits: Snapshot) -> None:
    """The order of three epochs depends on the seed alone, so a difference is the augmentation's."""
    marked = Snapshot(digits.images, np.arange(200), digits.class_names)

    def order(spec: ImageDataGeneratorSpec, seed: int) -> list[int]:
        chunks = _inputs(engine, spec, marked, training=np.arange(50), seed=seed).chunks(16, range(3))
        return [int(mark) for chunk in chunks for mark in chunk.labels]

    plain = order(ImageDataGeneratorSpec(), 5)
    assert order(VIOLENT, 5) == order(ImageDataGeneratorSpec.model_validate(TARGETED), 5) == plain
    epochs = [plain[start : start + 50] for start in (0, 50, 100)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert order(VIOLENT, 6) != plain


@pytest.mark.parametrize("engine", ["augury", "keras"])
def test_chunks_hold_whole_batches_and_the_last_one_of_an_epoch_says_so(
    engine: str, digits: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small a chunk must be, and the images are the same as in one."""
    spec = ImageDataGeneratorSpec(rotation_range=20)
    whole = list(_inputs(engine, spec, digits, training=range(50)).chunks(16, range(2)))
    assert [(len(chunk.labels), chunk.ends_epoch) for chunk in whole] == [(50, True), (50, True)]
    monkeypatch.setattr(inputs, "CHUNK_BYTES", 2 * 16 * 4 * 64)
    parts = list(_inputs(engine, spec, digits, training=range(50)).chunks(16, range(2)))
    assert [(len(chunk.labels), chunk.ends_epoch) for chunk in parts] == [(32, False), (18, True)] * 2
    np.testing.assert_array_equal(np.concatenate([p.images for p in parts]), np.concatenate([w.images for w in whole]))
    assert parts[0].images.dtype == np.float32


@pytest.mark.parametrize(
    "statistics",
    [{"featurewise_center": True, "featurewise_std_normalization": True}, {"zca_whitening": True}],
    ids=["featurewise", "zca"],
)
def test_what_is_learned_from_a_memory_map_is_what_keras_learns(
    statistics: dict[str, bool], digits: Snapshot, tmp_path: Path
) -> None:
    """From the training images alone, wherever they lie."""
    np.save(tmp_path / "images.npy", digits.images)
    mapped = Snapshot(np.load(tmp_path / "images.npy", mmap_mode="r"), digits.labels, digits.class_names)
    spec, training = ImageDataGeneratorSpec(rescale=1 / 255, zca_epsilon=0.1, **statistics), np.arange(20, 180, 2)
    ours = _inputs("augury", spec, mapped, training).preprocessed(np.arange(10))
    theirs = _inputs("keras", spec, digits, training).preprocessed(np.arange(10))
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_whitening_learns_from_a_bounded_sample(digits: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many images as an image has values, drawn by the seed; fewer are all taken."""
    monkeypatch.setattr(inputs, "_WHITENING_SAMPLE", 1)
    spec, training = ImageDataGeneratorSpec(zca_whitening=True), np.arange(200)
    drawn = inputs._learned_from(spec, digits.images, training, seed=0)
    assert len(set(drawn)) == 128
    np.testing.assert_array_equal(drawn, inputs._learned_from(spec, digits.images, training, seed=0))
    assert not np.array_equal(drawn, inputs._learned_from(spec, digits.images, training, seed=1))
    np.testing.assert_array_equal(inputs._learned_from(spec, digits.images, training[:100], 0), training[:100])


@pytest.mark.parametrize("engine", ["augury", "keras"])
def test_images_too_large_to_be_whitened_are_refused(engine: str) -> None:
    """Before hours are spent on a decomposition."""
    large = Snapshot(np.zeros((4, 96, 96, 3), np.uint8), np.arange(4) % 2, ["a", "b"])
    with pytest.raises(UserInputError, match="27,648 x 27,648 for images of 96x96x3"):
        _inputs(engine, ImageDataGeneratorSpec(zca_whitening=True), large, training=range(4))


def test_keras_is_not_asked_to_hold_what_does_not_fit(digits: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """It copies all training images; the message names the way out. Our own engine does not mind."""
    monkeypatch.setattr(inputs, "available_bytes", lambda: 50_000)
    with pytest.raises(UserInputError, match="use engine 'augury'"):
        _inputs("keras", ImageDataGeneratorSpec(), digits)
    assert next(_inputs("augury", ImageDataGeneratorSpec(), digits).chunks(32, range(1))).ends_epoch


def test_learning_statistics_can_be_ended(digits: Snapshot) -> None:
    """A cancel is heeded while a large set is gone through."""

    def cancelled() -> None:
        raise InterruptedError

    spec = ImageDataGeneratorSpec(featurewise_center=True)
    with pytest.raises(InterruptedError):
        inputs.AuguryInputs(spec, digits.images, digits.labels, np.arange(100), 0, cancelled)
