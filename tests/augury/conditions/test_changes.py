"""Validation images are changed as documented, alike for every model, type, size and number of channels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.training.conditions import CONDITION_NAMES, ConditionName
from augury.conditions.changes import CHANGES, changed, changed_by, draws_of
from augury.conditions.value_range import ValueRange
from tests.augury.conditions.images import BYTES, KINDS, Kind
from tests.store.databases import FACTS

NAMES = st.sampled_from(CONDITION_NAMES)
STRENGTHS = st.integers(1, 5)
COLOURLESS = [name for name in CONDITION_NAMES if name != "colour_cast"]
WITH_NOTHING = [name for name in CONDITION_NAMES if CHANGES[name].neutral is not None]


def _changed(name: ConditionName, strength: int, kind: Kind, *shape: int, seed: int = 3) -> np.ndarray:
    images = kind.images(*shape)
    draws = draws_of(name, shape[1:], seed=seed, indices=np.arange(len(images)))
    return changed(name, strength, images, draws, kind.value_range)


def test_every_condition_that_can_be_asked_for_is_there() -> None:
    """The wire's names and the table are one."""
    assert tuple(CHANGES) == CONDITION_NAMES


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WITH_NOTHING)
def test_an_amount_of_nothing_changes_nothing(name: ConditionName, kind: str) -> None:
    """At strength zero an image is what it was, whatever was drawn."""
    images = KINDS[kind].images(4, 9, 12, 3)
    draws = draws_of(name, (9, 12, 3), seed=1, indices=np.arange(4))
    neutral = CHANGES[name].neutral
    assert neutral is not None
    same = changed_by(name, neutral, images, draws, KINDS[kind].value_range)
    np.testing.assert_allclose(same, images, atol=1e-5 * KINDS[kind].value_range.span)


@settings(max_examples=60, deadline=None)
@given(
    name=NAMES, strength=STRENGTHS, kind=st.sampled_from(sorted(KINDS)),
    height=st.integers(2, 24), width=st.integers(2, 24), channels=st.integers(2, 5), seed=st.integers(0, 2**33),
)  # fmt: skip
def test_changed_images_keep_type_shape_and_range(
    name: ConditionName, strength: int, kind: str, height: int, width: int, channels: int, seed: int
) -> None:
    """No change makes another kind of image of one, or values that the dataset could not have."""
    of = KINDS[kind]
    result = _changed(name, strength, of, 2, height, width, channels, seed=seed)
    assert (result.shape, result.dtype) == ((2, height, width, channels), np.dtype(of.dtype))
    assert of.value_range.low <= result.min() <= result.max() <= of.value_range.high


@settings(max_examples=40, deadline=None)
@given(
    name=NAMES, strength=STRENGTHS, kind=st.sampled_from(sorted(KINDS)), cut=st.integers(1, 5), seed=st.integers(0, 99)
)
def test_a_change_does_not_depend_on_what_comes_with_an_image(
    name: ConditionName, strength: int, kind: str, cut: int, seed: int
) -> None:
    """In one batch or in two, and again: the same images for the same seed and number."""
    of, numbers = KINDS[kind], np.array([7, 3, 90, 4, 12, 5])
    images = of.images(6, 10, 8, 3)

    def of_part(part: slice) -> np.ndarray:
        draws = draws_of(name, (10, 8, 3), seed=seed, indices=numbers[part])
        return changed(name, strength, images[part], draws, of.value_range)

    whole = of_part(slice(None))
    np.testing.assert_array_equal(whole, np.concatenate([of_part(slice(0, cut)), of_part(slice(cut, None))]))


@pytest.mark.parametrize("name", ["rotated", "shifted", "scaled", "noisy", "colour_cast", "occluded"])
def test_what_is_random_differs_between_images_and_between_seeds(name: ConditionName) -> None:
    """Copies of one image are changed in different ways, and in others under another seed."""
    images = np.repeat(BYTES.images(1, 16, 16, 3), 8, axis=0)
    of_seeds = [
        changed(name, 4, images, draws_of(name, (16, 16, 3), seed=seed, indices=np.arange(8)), BYTES.value_range)
        for seed in (0, 1)
    ]
    assert len(np.unique(of_seeds[0], axis=0)) > 1
    assert (of_seeds[0] != of_seeds[1]).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CONDITION_NAMES)
def test_a_stronger_change_is_farther_from_the_image(name: ConditionName, kind: str) -> None:
    """On average over images, every strength changes more than the one before it."""
    of = KINDS[kind]
    images = of.images(16, 32, 32, 3).astype(np.float64)
    distances = [np.abs(_changed(name, strength, of, 16, 32, 32, 3) - images).mean() for strength in range(1, 6)]
    assert distances == sorted(distances)
    assert distances[0] > 0


@pytest.mark.parametrize("size", [1, 8])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COLOURLESS)
def test_small_images_of_one_channel_can_be_changed(name: ConditionName, kind: str, size: int) -> None:
    """8x8 digits, and even a single pixel."""
    result = _changed(name, 5, KINDS[kind], 3, size, size, 1)
    assert result.shape == (3, size, size, 1)
    assert np.isfinite(result).all()


def test_one_channel_has_no_colour_to_be_cast_in() -> None:
    """It is refused before anything is divided by nothing."""
    with pytest.raises(ValueError, match="two channels or more, got 1"):
        draws_of("colour_cast", (8, 8, 1), seed=0, indices=np.arange(2))


def test_the_same_picture_in_other_units_is_changed_alike() -> None:
    """Strengths are shares of the range: twelve bits, bytes and floats of one picture stay one picture."""
    shares = np.random.default_rng(5).integers(0, 16, (4, 12, 12, 3)) / 15
    for name in CONDITION_NAMES:
        draws = draws_of(name, (12, 12, 3), seed=2, indices=np.arange(4))
        seen = []
        for kind in ("bytes", "twelve bits", "unit floats"):
            of = KINDS[kind]
            images = of.value_range.kept(shares * of.value_range.bright, np.dtype(of.dtype))
            seen.append(changed(name, 3, images, draws, of.value_range) / of.value_range.bright)
        np.testing.assert_allclose(seen[0], seen[1], atol=0.02)
        np.testing.assert_allclose(seen[1], seen[2], atol=0.02)


def test_turned_images_turn_about_their_centre() -> None:
    """The middle pixel of an odd image stays, whichever way it is turned."""
    image = np.zeros((1, 9, 13, 1), np.uint8)
    image[0, 4, 6, 0] = 255
    for way in (-1.0, 1.0):
        turned = changed_by("rotated", 90, image, np.float32([[way]]), BYTES.value_range)
        assert turned[0, 4, 6, 0] == 255


def test_shifted_images_move_along_both_axes_by_shares_of_their_own() -> None:
    """Ten rows and twenty columns: a fifth is two and four of them."""
    image = np.zeros((1, 10, 20, 1), np.uint8)
    image[0, 5, 10, 0] = 255
    moved = changed_by("shifted", 0.2, image, np.float32([[1, 1]]), BYTES.value_range)
    assert moved[0, 3, 6, 0] == 255


def test_what_is_behind_something_is_grey_and_the_rest_is_as_it_was() -> None:
    """Half of each side is a quarter of the image."""
    images = np.full((1, 8, 12, 2), 9, np.uint8)
    hidden = changed_by("occluded", 0.5, images, np.float32([[0, 1]]), BYTES.value_range)
    assert (hidden[0, :4, 6:] == 128).all()
    assert (hidden == 9).sum() == images.size - 4 * 6 * 2


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"dtype": "uint8", "value_range": (3, 250)}, ValueRange(0, 255, 0, 255)),
        ({"dtype": "uint16", "value_range": (0, 4000)}, ValueRange(0, 4095, 0, 4095)),
        ({"dtype": "uint16", "value_range": (0, 65_000), "value_quantiles": (5, 4000)}, ValueRange(0, 4095, 0, 65_000)),
        ({"dtype": "float32", "value_range": (0, 1)}, ValueRange(0, 1, 0, 1)),
        (
            {"dtype": "float32", "value_range": (-3, 5), "value_quantiles": (-2, 2.5)},
            ValueRange(-2, 2.5, -3, 5),
        ),
    ],
)
def test_black_and_white_follow_the_values_of_a_dataset(facts: dict[str, object], expected: ValueRange) -> None:
    """By full scale and not by type; outliers do not decide, and are kept."""
    assert ValueRange.of(DatasetFacts.model_validate(FACTS.model_dump() | facts)) == expected
