"""The learning rate of every step, by hand and by Keras's own schedules."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.training.settings import TrainingSettings
from augury.training.optimisation.rates import Rates


def _rates(steps_per_epoch: int, **training: Any) -> Rates:
    return Rates(TrainingSettings.model_validate(training), steps_per_epoch)


def test_a_constant_rate_is_what_was_asked_for() -> None:
    """In every step."""
    assert _rates(3, schedule="constant", learning_rate=0.5, epochs=2).take(6).tolist() == [0.5] * 6


def test_a_cosine_goes_from_the_rate_to_nothing() -> None:
    """The first step has the whole, the middle one half, and after the last there would be none."""
    rates = _rates(2, schedule="cosine", learning_rate=2.0, epochs=4).take(9)
    assert rates[[0, 4, 8]].tolist() == pytest.approx([2.0, 1.0, 0.0])
    assert (np.diff(rates) < 0).all()


@pytest.mark.parametrize("warmup", [0, 2])
def test_a_cosine_is_kerass_own(warmup: int) -> None:
    """Which counts the warm-up's first step as nothing, and ours as the first part of the way."""
    schedule = {"name": "cosine", "warmup_epochs": warmup}
    ours = _rates(5, schedule=schedule, learning_rate=0.1, epochs=10).take(50)
    rest = (10 - warmup) * 5
    theirs = (
        keras.optimizers.schedules.CosineDecay(0.0, rest, warmup_target=0.1, warmup_steps=warmup * 5)
        if warmup
        else keras.optimizers.schedules.CosineDecay(0.1, rest)
    )
    expected = [float(theirs(step)) for step in range(50)]
    np.testing.assert_allclose(ours[warmup * 5 :], expected[warmup * 5 :], atol=1e-7)
    np.testing.assert_allclose(ours[: warmup * 5], 0.1 * np.arange(1, warmup * 5 + 1) / max(warmup * 5, 1), rtol=1e-6)


def test_steps_go_down_by_their_factor() -> None:
    """After every so many whole epochs."""
    schedule = {"name": "step", "every": 2, "factor": 0.1}
    rates = _rates(3, schedule=schedule, learning_rate=1.0, epochs=5).take(15)
    np.testing.assert_allclose(rates, [1.0] * 6 + [0.1] * 6 + [0.01] * 3, rtol=1e-6)


def test_a_plateau_lowers_the_rate_when_the_loss_has_stopped_falling() -> None:
    """After as many epochs without a lower one as was asked, and again after as many more."""
    rates = _rates(1, schedule={"name": "plateau", "patience": 2, "factor": 0.5}, learning_rate=1.0)
    taken = []
    for loss in [3.0, 2.0, 2.5, 2.0, 1.0, float("nan"), 1.0, 1.0, 1.0]:
        taken.append(float(rates.take(1)[0]))
        rates.note(loss)
    assert taken == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]


@given(
    st.sampled_from(["constant", "cosine", {"name": "step", "every": 1}, {"name": "cosine", "warmup_epochs": 2}]),
    st.lists(st.integers(1, 9), min_size=1, max_size=9),
)
def test_rates_do_not_depend_on_how_steps_are_shared_among_calls(schedule: Any, parts: list[int]) -> None:
    """To the last bit, as how many go into a call depends on how fast the machine is."""
    at_once, in_parts = (_rates(20, schedule=schedule, epochs=5) for _ in range(2))
    np.testing.assert_array_equal(np.concatenate([in_parts.take(part) for part in parts]), at_once.take(sum(parts)))
    assert in_parts.last == at_once.last
