"""What a candidate does to each class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.evidence.why.classes import class_differences, grown_confusions
from tests.augury.evidence.arms import arm

SIXES_AND_NINES = np.repeat([0, 1, 2], 40)


def _predictions(generator: np.random.Generator, labels: np.ndarray, wrong: float, seeds: int = 4) -> list[np.ndarray]:
    """Predictions that are wrong with that probability, and then the next class."""
    classes = int(labels.max()) + 1
    return [np.where(generator.random(len(labels)) < wrong, (labels + 1) % classes, labels) for _ in range(seeds)]


def test_a_class_that_a_candidate_ruins_is_found_where_the_others_hide_it() -> None:
    """Class 1 loses half of its images, class 2 nothing; the difference is in points."""
    generator = np.random.default_rng(1)
    reference = _predictions(generator, SIXES_AND_NINES, 0.1)
    candidate = [np.where((SIXES_AND_NINES == 1) & (np.arange(120) % 2 == 0), 2, each) for each in reference]
    zero, one, two = class_differences(
        arm("flip", SIXES_AND_NINES, candidate), arm("baseline", SIXES_AND_NINES, reference), 3, 0.95
    )
    assert one.significant
    assert one.difference is not None
    assert one.difference.mean == pytest.approx(100 * (one.candidate_accuracy - one.reference_accuracy))  # type: ignore[operator]
    assert one.difference.high < -20
    assert not zero.significant
    assert not two.significant
    assert [each.images_per_seed for each in (zero, one, two)] == [40, 40, 40]


def test_p_values_are_adjusted_by_holm() -> None:
    """The smallest by the number of classes, the next by one less, and never below the one before."""
    generator = np.random.default_rng(2)
    labels = np.repeat(np.arange(4), 50)
    reference = arm("baseline", labels, _predictions(generator, labels, 0.2))
    worse = [np.where(labels == 0, 1, each) for each in _predictions(generator, labels, 0.2)]
    effects = class_differences(arm("shift", labels, worse), reference, 4, 0.95)
    single = [
        class_differences(arm("shift", labels[labels == label], [each[labels == label] for each in worse]),
                          arm("baseline", labels[labels == label],
                              [reference.seeds[seed].predicted[labels == label] for seed in range(4)]),
                          4, 0.95)[label].adjusted_p
        for label in range(4)
    ]  # fmt: skip
    ranked = sorted((p, label) for label, p in enumerate(single) if p is not None)
    expected, largest = {}, 0.0
    for rank, (p, label) in enumerate(ranked):
        largest = max(largest, min(1.0, p * (4 - rank)))
        expected[label] = largest
    assert {each.label: each.adjusted_p for each in effects} == pytest.approx(expected)
    assert [each.significant for each in effects] == [True, False, False, False]


def test_no_class_of_two_images_is_ever_called_ruined() -> None:
    """Both always right for one arm and always wrong for the other has no spread, and is still two images."""
    labels = [0] * 50 + [1] * 2
    reference = arm("baseline", labels, [labels] * 5)
    candidate = arm("flip", labels, [[0] * 52] * 5)
    _, rare = class_differences(candidate, reference, 2, 0.95)
    assert rare.difference is not None
    assert rare.difference.mean == -100
    assert rare.adjusted_p == pytest.approx(0.5 * 2)
    assert not rare.significant


def test_classes_without_a_mistake_are_no_different() -> None:
    """Zero spread is not infinite certainty: the interval is as wide as the images leave it."""
    labels = np.repeat(np.arange(5), 20)
    always_right = arm("baseline", labels, [labels] * 3)
    for each in class_differences(always_right, always_right, 5, 0.95):
        assert each.adjusted_p == 1
        assert each.difference is not None
        assert each.difference.low < -15
        assert each.difference.high == -each.difference.low


def test_a_class_that_fewer_than_two_seeds_validate_on_has_no_difference() -> None:
    """And does not count among those that the correction is for."""
    labels = np.array([0, 0, 1])
    one = arm("flip", labels, [labels, labels])
    effects = class_differences(one, one, 3, 0.95)
    assert effects[2].difference is None
    assert effects[2].adjusted_p is None
    assert effects[2].reference_accuracy is None
    assert not effects[2].significant


def test_fewer_than_two_seeds_in_common_say_nothing_of_any_class() -> None:
    """As of the whole."""
    labels = np.array([0, 1])
    assert class_differences(arm("flip", labels, [labels]), arm("baseline", labels, [labels]), 2, 0.95) == []


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 200), st.integers(1, 40), st.integers(2, 4))
def test_any_number_of_classes_of_any_size_gives_one_row_each(
    entropy: int, classes: int, images: int, seeds: int
) -> None:
    """With probabilities that are such, intervals around their means, and swapped arms mirrored."""
    generator = np.random.default_rng(entropy)
    labels = generator.integers(0, classes, images * 5)
    one, other = (
        arm(name, labels, generator.integers(0, classes, (seeds, len(labels)))) for name in ("flip", "baseline")
    )
    effects, mirrored = class_differences(one, other, classes, 0.95), class_differences(other, one, classes, 0.95)
    assert [each.label for each in effects] == list(range(classes))
    for each, swapped in zip(effects, mirrored, strict=True):
        assert each.adjusted_p == swapped.adjusted_p
        assert each.adjusted_p is None or 0 <= each.adjusted_p <= 1
        assert (each.difference is None) == (swapped.difference is None)
        if each.difference is not None and swapped.difference is not None:
            assert each.difference.low <= each.difference.mean <= each.difference.high
            assert swapped.difference.mean == pytest.approx(-each.difference.mean)


def test_among_classes_without_a_difference_hardly_one_comparison_in_twenty_flags_any() -> None:
    """Ten classes of twelve images, five seeds, a hundred comparisons of an arm with itself under other randomness."""
    generator = np.random.default_rng(3)
    labels = np.repeat(np.arange(10), 12)
    flagged = 0
    for _ in range(100):
        one, other = (arm(name, labels, _predictions(generator, labels, 0.15, 5)) for name in ("flip", "baseline"))
        flagged += any(each.significant for each in class_differences(one, other, 10, 0.95))
    assert flagged <= 10  # above 10 of 100 once in ninety times at exactly 5 %


def test_the_confusions_that_grew_are_listed_by_how_much() -> None:
    """Shares of the true class over all seeds; what shrank, and what one image did, is left out."""
    labels = np.repeat([0, 1, 2], 10)
    before = labels.copy()
    before[[0, 1]] = 2
    after = labels.copy()
    after[[10, 11, 12, 13]] = 2
    after[[20, 21]] = 0
    after[2] = 1
    grown = grown_confusions(arm("flip", labels, [after]), arm("baseline", labels, [before]), 3)
    assert [(each.source, each.target, each.reference_share, each.candidate_share) for each in grown] == [
        (1, 2, 0.0, 0.4),
        (2, 0, 0.0, 0.2),
    ]


def test_no_more_confusions_are_listed_than_asked_for() -> None:
    """The greatest of them."""
    labels = np.repeat(np.arange(6), 10)
    wrong = arm("flip", labels, [(labels + 1) % 6] * 2)
    right = arm("baseline", labels, [labels] * 2)
    assert len(grown_confusions(wrong, right, 6, max_pairs=3)) == 3
    assert grown_confusions(right, right, 6) == []
    assert grown_confusions(right, wrong, 6) == []
