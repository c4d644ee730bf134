"""Epochs shared out among the stages of a training."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.training.models import ModelSpec, Stage
from api_schemas.training.settings import TrainingSettings
from augury.training.errors import UserInputError
from augury.training.stages import epochs_of_stages, planned_stages

STAGES = st.lists(st.builds(Stage, share=st.floats(1e-3, 1000)), min_size=1, max_size=10)


@given(stages=STAGES, more=st.integers(0, 1000))
def test_stages_share_all_epochs_and_none_goes_without(stages: list[Stage], more: int) -> None:
    """They follow each other without a gap, whatever the shares are."""
    epochs = len(stages) + more
    ranges = epochs_of_stages(stages, epochs)
    assert (ranges[0].start, ranges[-1].stop, len(ranges)) == (0, epochs, len(stages))
    assert all(len(each) >= 1 for each in ranges)
    assert all(earlier.stop == later.start for earlier, later in pairwise(ranges))


@given(counts=st.lists(st.integers(1, 100), min_size=1, max_size=10))
def test_shares_that_are_numbers_of_epochs_are_kept(counts: list[int]) -> None:
    """So that 5 and 25 of 30 epochs are what they say."""
    ranges = epochs_of_stages([Stage(share=float(count)) for count in counts], sum(counts))
    assert [len(each) for each in ranges] == counts


def test_more_stages_than_epochs_are_refused() -> None:
    """With both numbers."""
    with pytest.raises(UserInputError, match="3 stages need as many epochs, and there are 2"):
        epochs_of_stages([Stage()] * 3, 2)


def test_each_stage_has_its_layers_and_its_rate() -> None:
    """And what it does not say is the training's."""
    spec = ModelSpec(
        digest="d" * 64,
        head={},
        stages=[{"trainable": "head"}, {"trainable": "last:2", "share": 2.0, "learning_rate": 1e-5}],
    )
    first, second = planned_stages(spec, TrainingSettings(epochs=6, learning_rate=0.01))
    assert (first.model.trainable, first.settings.learning_rate, first.epochs) == ("head", 0.01, range(2))
    assert (second.model.trainable, second.settings.learning_rate, second.epochs) == ("last:2", 1e-5, range(2, 6))
    assert [first.model.stages, second.model.stages] == [None, None]


def test_without_stages_there_is_one() -> None:
    """Of all epochs, and the model is as it was."""
    spec, settings = ModelSpec(), TrainingSettings(epochs=6)
    (only,) = planned_stages(spec, settings)
    assert (only.model, only.settings, only.epochs) == (spec, settings, range(6))
