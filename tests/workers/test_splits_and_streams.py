"""Which images a trial trains on, and where its randomness comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from api_schemas.models import EvaluationSettings
from store import plans
from workers.failures import UserInputError
from workers.training.splits import Split, draw_split
from workers.training.streams import BATCHES, INITIALISATION, SPLIT, stream_seed

LABELS = np.repeat(np.arange(4), [40, 30, 20, 10])
SETTINGS: dict[str, Any] = {"validation_fraction": 0.2, "training_images": None}


def _draw(seed: int, **settings: Any) -> Split:
    return draw_split(LABELS, SETTINGS | settings, seed)


def test_training_and_validation_share_no_image_and_leave_none_out() -> None:
    """Without a number of training images, all that are not validated on are trained on."""
    split = _draw(0)
    assert sorted([*split.training, *split.validation]) == list(range(100))
    assert list(split.training) == sorted(split.training)
    assert list(split.validation) == sorted(split.validation)


def test_every_class_keeps_its_share() -> None:
    """The split is stratified on both sides."""
    split = _draw(0)
    assert np.bincount(LABELS[split.validation]).tolist() == [8, 6, 4, 2]
    assert np.bincount(LABELS[split.training]).tolist() == [32, 24, 16, 8]


def test_a_number_of_training_images_is_kept_to() -> None:
    """They are drawn stratified too, beside the same number of validation images."""
    split = _draw(0, training_images=50)
    assert (len(split.training), len(split.validation)) == (50, 20)
    assert not set(split.training) & set(split.validation)
    assert np.bincount(LABELS[split.training]).tolist() == [20, 15, 10, 5]


def test_a_seed_always_draws_the_same_split() -> None:
    """Whatever else was drawn in between."""
    first = _draw(3)
    np.random.default_rng().random(10)
    again = _draw(3)
    np.testing.assert_array_equal(first.training, again.training)
    np.testing.assert_array_equal(first.validation, again.validation)


def test_every_seed_draws_a_split_of_its_own() -> None:
    """Ten seeds, ten validation sets."""
    assert len({tuple(_draw(seed).validation) for seed in range(10)}) == 10


def test_a_split_that_is_impossible_is_the_users_to_mend() -> None:
    """The error has the class that says so."""
    with pytest.raises(UserInputError, match="cannot be split as asked"):
        _draw(0, training_images=1000)


@given(
    st.lists(st.integers(2, 30), min_size=2, max_size=5),
    st.floats(0.01, 0.99),
    st.none() | st.integers(2, 100),
    st.integers(0, 100),
)
def test_whatever_has_no_obstacle_can_be_split_in_the_promised_sizes(
    per_class: list[int], fraction: float, training_images: int | None, seed: int
) -> None:
    """The check at submission and the split in the worker agree."""
    settings = EvaluationSettings(validation_fraction=fraction, training_images=training_images)
    assume(plans.split_obstacle(settings, per_class) is None)
    labels = np.repeat(np.arange(len(per_class)), per_class)
    drawn = draw_split(labels, settings.model_dump(include={"validation_fraction", "training_images"}), seed)
    assert (len(drawn.training), len(drawn.validation)) == plans.split_sizes(settings, len(labels))
    assert not set(drawn.training) & set(drawn.validation)


@given(st.integers(0, 2**31 + 50), st.sampled_from([SPLIT, INITIALISATION, BATCHES]))
def test_a_stream_is_determined_by_seed_and_name_and_fits_numpy(seed: int, stream: str) -> None:
    """Below 2**31, so that adding the number of a batch stays below 2**32."""
    assert stream_seed(seed, stream) == stream_seed(seed, stream)
    assert 0 <= stream_seed(seed, stream) < 2**31


def test_streams_of_neighbouring_seeds_have_nothing_in_common() -> None:
    """All seeds and names give different values, and those are spread over the whole range."""
    values = [stream_seed(seed, stream) for seed in range(300) for stream in (SPLIT, INITIALISATION, BATCHES)]
    assert len(set(values)) == 900
    assert np.mean(values) == pytest.approx(2**30, rel=0.1)
    by_stream = np.array(values, float).reshape(300, 3)
    assert np.abs(np.corrcoef(by_stream.T) - np.eye(3)).max() < 0.2
