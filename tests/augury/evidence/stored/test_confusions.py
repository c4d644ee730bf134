"""Images behind a confusion: counted by seed, image by image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.stored.confusions import newly_confused

CLASSES = st.integers(0, 2)
IMAGES = st.lists(st.tuples(st.integers(0, 9), CLASSES, CLASSES, CLASSES), max_size=8, unique_by=lambda each: each[0])
"""Of one seed: index, label, what the candidate and what the baseline take it for."""


def _record(name: str, seeds: list[list[tuple[int, int, int, int]]], column: int) -> ArmRecord:
    def record(images: list[tuple[int, int, int, int]]) -> SeedRecord:
        table = np.array(sorted(images), dtype=np.int64).reshape(-1, 4)
        return SeedRecord(
            accuracy=0.5, clean_training_accuracy=1.0, final_training_loss=0.1, still_improving=False, diverged=False,
            indices=table[:, 0], labels=table[:, 1], predicted=table[:, column],
        )  # fmt: skip

    return ArmRecord(name, ImageDataGeneratorSpec(), {seed: record(images) for seed, images in enumerate(seeds)})


@given(seeds=st.lists(IMAGES, max_size=4), true=CLASSES, predicted=CLASSES)
def test_each_image_counts_the_seeds_on_which_it_happens(
    seeds: list[list[tuple[int, int, int, int]]], true: int, predicted: int
) -> None:
    """As counting them one by one does; what happens most often, for how often it could, comes first."""
    found = newly_confused(_record("flip", seeds, 2), _record("baseline", seeds, 3), true, predicted)
    of_class = [(index, took, knew) for images in seeds for index, label, took, knew in images if label == true]
    for each in found:
        own = [(took, knew) for index, took, knew in of_class if index == each.index]
        assert each.validated == len(own)
        assert each.seeds == own.count((predicted, true)) > 0
    assert {each.index for each in found} == {
        index for index, took, knew in of_class if (took, knew) == (predicted, true)
    }
    shares = [each.seeds / each.validated for each in found]
    assert shares == sorted(shares, reverse=True)


def test_arms_that_saw_different_images_are_not_compared() -> None:
    """That would count what one of them was never asked."""
    one, other = _record("flip", [[(0, 0, 1, 0)]], 2), _record("baseline", [[(1, 0, 1, 0)]], 3)
    with pytest.raises(ValueError, match="different images"):
        newly_confused(one, other, 0, 1)
