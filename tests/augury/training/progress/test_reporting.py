"""How far a trial is said to be, and how long it is said to take, by a clock that the test sets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.training.progress.amount import Amount, forward_share
from augury.training.progress.reporting import REPORT_SECONDS, TrialProgress

FIVE_BATCHES = Amount(epochs=2, trained=160, watched=40, last=160, batch_size=32)


class _Trial:
    """A trial whose steps and looks take the time that the test says."""

    def __init__(self, amount: Amount) -> None:
        self.now = 0.0
        self.said: list[dict[str, Any]] = []
        self.amount = amount
        self.progress = TrialProgress(self, amount, lambda: self.now)

    def report_progress(self, **progress: Any) -> None:
        self.said.append(progress)

    def raise_if_cancelled(self) -> None:
        """Nobody does."""

    def step(self, images: int, seconds: float) -> None:
        self.now += seconds
        self.progress.note_steps(images, seconds)

    def epoch(self, seconds_an_image: float, share: float) -> None:
        left = self.amount.trained
        while left:
            images = min(left, self.amount.batch_size)
            self.step(images, images * seconds_an_image)
            left -= images
        self.now += self.amount.watched * seconds_an_image * share
        self.progress.end_epoch()


def test_a_long_epoch_says_which_batch_it_is_at() -> None:
    """After each step, where steps take long; and at the end of the epoch that it is over."""
    trial = _Trial(FIVE_BATCHES)
    trial.progress.begin_stage(0.5, is_last=True)
    trial.epoch(1.0, 0.5)
    said = [(each["epoch"], each["batch"], each["batches"]) for each in trial.said]
    assert said == [(0, 1, 5), (0, 2, 5), (0, 3, 5), (0, 4, 5), (0, 5, 5), (1, 0, 5)]


def test_short_epochs_say_nothing_but_their_ends() -> None:
    """Which nobody could follow."""
    trial = _Trial(FIVE_BATCHES)
    trial.progress.begin_stage(0.5, is_last=True)
    trial.epoch(REPORT_SECONDS / 1000, 0.5)
    assert [(each["epoch"], each["batch"]) for each in trial.said] == [(1, 0)]


@given(
    epochs=st.integers(1, 5),
    trained=st.integers(40, 300),
    watched=st.integers(1, 100),
    pace=st.floats(0.01, 10),
    share=st.floats(0.2, 1),
    setup=st.floats(0, 100),
)
def test_a_steady_pace_is_foretold_from_the_second_step_on(
    epochs: int, trained: int, watched: int, pace: float, share: float, setup: float
) -> None:
    """Whatever came before the first step counts, too; the first one itself may take longer."""
    amount = Amount(epochs, trained, watched, trained, batch_size=32)
    trial = _Trial(amount)
    trial.now += setup
    trial.progress.begin_stage(share, is_last=True)
    trial.step(32, 2 * 32 * pace)
    assert trial.progress.expected_seconds is None
    trial.step(min(32, trained - 32), min(32, trained - 32) * pace)
    whole = setup + 32 * pace + epochs * (trained + watched * share) * pace + trained * share * pace
    assert trial.progress.expected_seconds == pytest.approx(whole)


def test_of_stages_only_the_last_one_foretells() -> None:
    """A new top is trained fast, and says nothing about what comes after it."""
    trial = _Trial(FIVE_BATCHES)
    trial.progress.begin_stage(1 / 3, is_last=False)
    trial.epoch(0.1, 1 / 3)
    assert trial.progress.expected_seconds is None
    trial.progress.begin_stage(1 / 3, is_last=True)
    trial.step(32, 64.0)
    trial.step(32, 64.0)
    assert trial.progress.expected_seconds == pytest.approx(trial.now + 2.0 * (96 + (40 + 160) / 3))


def test_features_that_are_still_to_be_computed_are_counted() -> None:
    """Where each image goes through a frozen part once, what trains on features takes next to nothing."""
    trial = _Trial(FIVE_BATCHES)
    trial.progress.begin_stage(1 / 3, is_last=True)
    for images in (32, 64, 96, 128, 160):
        trial.now += 32 * 0.5
        trial.progress.note_features(images, images * 0.5)
    trial.step(32, 0.0)
    trial.step(32, 0.0)
    assert trial.progress.expected_seconds == pytest.approx(160 * 0.5 + 40 * 0.5)


@pytest.mark.parametrize(("trained", "expected"), [(0, 1.0), (1000, 1 / 3), (250, 1 / 1.5)])
def test_looking_takes_a_third_of_training_all_weights_and_as_long_as_training_none(
    trained: int, expected: float
) -> None:
    """Backward takes twice as long as forward, of what is trained."""
    assert forward_share(trained, 1000) == pytest.approx(expected)
