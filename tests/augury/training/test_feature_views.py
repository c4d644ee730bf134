"""Augmented images of which a frozen part sees a few views, once, that are trained on over and over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from augury.datasets.snapshot import Snapshot
from augury.training import features
from augury.training.errors import UserInputError
from augury.training.models import Frozen
from augury.training.trial import train_trial
from tests.augury.training.conftest import Nobody
from tests.augury.training.test_fine_tuning import RESCALE, SHAPE, _definition, _stored

TURNED = RESCALE | {"rotation_range": 25, "width_shift_range": 0.2}
HEAD = {"head": {}, "trainable": "head", "learning_rate": 0.05}


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A network with a part that can be frozen: its stored form and digest."""
    keras.utils.set_random_seed(3)
    convolutions = [layers.Conv2D(8, 3, activation="relu"), layers.BatchNormalization(), layers.Conv2D(8, 3)]
    top = [layers.Flatten(), layers.Dense(2, activation="softmax")]
    model = keras.Sequential([keras.Input(SHAPE), *convolutions, *top])
    file = tmp_path_factory.mktemp("frozen") / "model.safetensors"
    return file, _stored(model, file)


def _with_views(digest: str, views: int | None, spec: dict[str, Any] = TURNED, **more: Any) -> Any:
    trial = _definition(digest, spec=spec, **(HEAD | {"epochs": 4} | more))
    return trial.model_copy(update={"model": trial.model.model_copy(update={"feature_views": views})})


def _losses(trial: Any, digits: Snapshot, file: Path) -> list[float | None]:
    return train_trial(trial, digits, Nobody(), file).result.curves.training_loss


def test_as_many_views_as_epochs_train_as_if_none_were_kept(frozen: tuple[Path, str], digits: Snapshot) -> None:
    """A view is what its epoch would have drawn; with fewer, the first ones come again."""
    file, digest = frozen
    every = _losses(_with_views(digest, None), digits, file)
    assert _losses(_with_views(digest, 4), digits, file) == pytest.approx(every, rel=1e-3)
    two = _losses(_with_views(digest, 2), digits, file)
    assert two[:2] == pytest.approx(every[:2], rel=1e-3)
    assert two[2:] != pytest.approx(every[2:], rel=1e-3)


def test_a_view_goes_through_the_frozen_part_once(
    frozen: tuple[Path, str], digits: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many epochs there are; and so does each image as it is, to be looked at."""
    file, digest = frozen
    counts: list[int] = []
    forward = Frozen.forward

    def counted(self: Frozen, images: np.ndarray) -> np.ndarray:
        counts.append(len(images))
        return forward(self, images)

    monkeypatch.setattr(Frozen, "forward", counted)
    result = train_trial(_with_views(digest, 2, epochs=6), digits, Nobody(), file).result
    assert sum(counts) == 2 * result.training_images + result.training_images + result.validation_images


def test_epochs_that_are_not_augmented_see_the_images_themselves(frozen: tuple[Path, str], digits: Snapshot) -> None:
    """The last ones, where that is asked for: as without views."""
    file, digest = frozen
    asked = {"augment_until": 0.5}
    every = _losses(_with_views(digest, None, **asked), digits, file)
    assert _losses(_with_views(digest, 2, **asked), digits, file) == pytest.approx(every, rel=1e-3)


def test_views_of_a_stage_that_trains_everything_are_not_kept(frozen: tuple[Path, str], digits: Snapshot) -> None:
    """The first stage repeats its view, the second draws anew."""
    file, digest = frozen
    stages = [{"trainable": "head"}, {"trainable": "all", "learning_rate": 1e-6}]
    one, every = (
        _losses(_with_views(digest, views, stages=stages, trainable=None), digits, file) for views in (1, None)
    )
    assert one[0] == pytest.approx(every[0], rel=1e-3)
    assert one[1] != pytest.approx(every[1], rel=1e-3)
    assert len(one) == 4


def test_a_part_that_draws_in_every_step_has_no_views(tmp_path: Path, digits: Snapshot) -> None:
    """Dropout in a branch gives other features each time, frozen or not: it is said and not guessed."""
    given = keras.Input(SHAPE)
    first = layers.Conv2D(4, 3, padding="same")(given)
    joined = layers.Add()([first, layers.Dropout(0.5)(first)])
    model = keras.Model(given, layers.Dense(2, activation="softmax")(layers.Flatten()(joined)))
    digest = _stored(model, tmp_path / "m")
    with pytest.raises(UserInputError, match="feature_views: the model has no frozen part"):
        train_trial(_with_views(digest, 2), digits, Nobody(), tmp_path / "m")


def test_more_views_than_there_is_room_for_are_refused_with_the_numbers(
    frozen: tuple[Path, str], digits: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any is made; an arm without augmentation needs none."""
    file, digest = frozen
    monkeypatch.setattr(features, "MAX_BYTES", 4 * 8 * 300)
    with pytest.raises(UserInputError, match="feature_views: 2 views of 100 images, with features of 8 values"):
        train_trial(_with_views(digest, 2), digits, Nobody(), file)
    assert train_trial(_with_views(digest, None, RESCALE), digits, Nobody(), file).result.epochs == 4
