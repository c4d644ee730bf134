"""Losses by hand and by Keras, and how much images count."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.training.settings import TrainingSettings
from augury.training.errors import UserInputError
from augury.training.optimisation.objective import Objective, class_weights

LABELS = np.array([0, 2, 1])
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5], [0.6, 0.1, 0.3]], np.float32)


def _losses(objective: Objective) -> np.ndarray:
    return np.asarray(objective.losses(LABELS, keras.ops.convert_to_tensor(PROBABILITIES)))


def test_the_focal_loss_is_that_of_its_paper() -> None:
    """-(1 - p)^gamma log p of the true class's probability p."""
    own = np.array([0.7, 0.5, 0.1])
    np.testing.assert_allclose(_losses(Objective(focal_gamma=2.0)), -((1 - own) ** 2) * np.log(own), rtol=1e-5)
    np.testing.assert_allclose(_losses(Objective(focal_gamma=0.5)), -((1 - own) ** 0.5) * np.log(own), rtol=1e-5)


def test_the_focal_loss_is_kerass_own() -> None:
    """Which weighs by a quarter unless it is told not to."""
    theirs = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0, reduction=None)
    expected = np.asarray(theirs(np.eye(3)[LABELS], PROBABILITIES))
    np.testing.assert_allclose(_losses(Objective(focal_gamma=2.0)), expected, rtol=1e-5)


def test_smoothed_labels_leave_a_share_to_every_class() -> None:
    """A share of 0.3 over three classes: 0.8 for the own, 0.1 for each of the others."""
    smoothed = 0.1 + 0.7 * np.eye(3)[LABELS]
    expected = -(smoothed * np.log(PROBABILITIES)).sum(axis=1)
    np.testing.assert_allclose(_losses(Objective(label_smoothing=0.3)), expected, rtol=1e-5)


def test_an_image_that_is_sure_and_right_has_a_slope() -> None:
    """Where 1 - p is zero, a power below 1 would have none, and one image would make every weight NaN."""
    import tensorflow as tf

    probabilities = tf.Variable([[1.0, 0.0]])
    with tf.GradientTape() as tape:
        loss = Objective(focal_gamma=0.5).losses(np.array([0]), probabilities + 0.0)
    assert np.isfinite(tape.gradient(loss, probabilities)).all()


def _weights(asked: Any, labels: list[int], names: str) -> list[float]:
    settings = TrainingSettings.model_validate({"class_weight": asked})
    return class_weights(settings, np.array(labels), list(names)).tolist()


def test_weights_of_classes_are_those_that_were_asked_for() -> None:
    """By name; classes that were not named have 1."""
    assert _weights("none", [0, 0, 1], "ab") == [1, 1]
    assert _weights({"b": 2.5}, [0, 1, 2], "abc") == [1, 2.5, 1]


def test_a_weight_for_a_class_that_there_is_not_is_the_users_to_mend() -> None:
    """The sentence names it."""
    with pytest.raises(UserInputError, match="names class 'z'"):
        _weights({"z": 2.0}, [0, 1], "ab")


@given(st.lists(st.integers(0, 4), min_size=1))
def test_balanced_weights_make_classes_count_alike(labels: list[int]) -> None:
    """All images of a class count as much as all of any other that is there, and a mean image counts 1."""
    weights = np.array(_weights("balanced", labels, "abcde"))
    counts = np.bincount(labels, minlength=5)
    totals = (weights * counts)[counts > 0]
    np.testing.assert_allclose(totals, totals[0], rtol=1e-5)
    np.testing.assert_allclose(weights[labels].mean(), 1, rtol=1e-5)
    assert (weights[counts == 0] == 1).all()
