"""Which images a trial trains on, and which it validates on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.training.evaluation import EvaluationSettings
from augury.datasets.snapshot import SPLIT_CODES, Snapshot
from augury.planning.draws.groups import draw_groups
from augury.planning.split_problems import split_problem
from augury.planning.splits import (
    HELD_OUT,
    RandomSplit,
    held_out_share,
    split_definition,
    split_sizes,
)
from augury.training.errors import UserInputError
from augury.training.splits import Split, draw_split
from tests.store.databases import FACTS

LABELS = np.repeat(np.arange(4), [40, 30, 20, 10])
RANDOM = RandomSplit(validation_fraction=0.2, training_images=None)


def _snapshot(labels: Any = LABELS, **parts: Any) -> Snapshot:
    labels = np.asarray(labels)
    names = [str(label) for label in range(int(labels.max()) + 1)]
    return Snapshot(np.zeros((len(labels), 1, 1, 1), np.uint8), labels, names, **parts)


def _facts(snapshot: Snapshot) -> DatasetFacts:
    """Of labels, splits and groups; the rest does not matter here."""

    def counts(chosen: Any) -> dict[str, int]:
        found = np.bincount(snapshot.labels[chosen], minlength=len(snapshot.class_names))
        return dict(zip(snapshot.class_names, found.tolist(), strict=True))

    splits = {}
    if snapshot.splits is not None:
        splits = {name: counts(snapshot.splits == code) for name, code in SPLIT_CODES.items()}
    groups = None if snapshot.groups is None else len(np.unique(snapshot.groups))
    changes = {"images": len(snapshot.labels), "classes": counts(slice(None)), "splits": splits, "groups": groups}
    return FACTS.model_copy(update=changes)


def _draw(seed: int, **changes: Any) -> Split:
    return draw_split(_snapshot(), RANDOM.model_copy(update=changes), seed)


def _as_asked(snapshot: Snapshot, seed: int = 0, **asked: Any) -> Split:
    """By the road that a request takes."""
    definition = split_definition(EvaluationSettings.model_validate(asked), _facts(snapshot))
    return draw_split(snapshot, definition, seed)


def test_training_and_validation_share_no_image_and_leave_none_out() -> None:
    """Without a number of training images, all that are not validated on are trained on."""
    split = _draw(0)
    assert sorted([*split.training, *split.validation]) == list(range(100))
    assert list(split.training) == sorted(split.training)
    assert list(split.validation) == sorted(split.validation)


def test_every_class_keeps_its_share() -> None:
    """The split is stratified on both sides, also when only some images are trained on."""
    split = _draw(0)
    assert np.bincount(LABELS[split.validation]).tolist() == [8, 6, 4, 2]
    assert np.bincount(LABELS[split.training]).tolist() == [32, 24, 16, 8]
    fewer = _draw(0, training_images=50)
    assert np.bincount(LABELS[fewer.training]).tolist() == [20, 15, 10, 5]
    assert len(fewer.validation) == 20
    assert not set(fewer.training) & set(fewer.validation)


def test_a_seed_always_draws_the_same_split_and_others_draw_others() -> None:
    """Whatever else was drawn in between."""
    first = _draw(3)
    np.random.default_rng().random(10)
    np.testing.assert_array_equal(first.training, _draw(3).training)
    assert len({tuple(_draw(seed).validation) for seed in range(10)}) == 10


def test_a_split_that_is_impossible_is_the_users_to_mend() -> None:
    """The error has the class that says so."""
    with pytest.raises(UserInputError, match="cannot be split as asked"):
        _draw(0, training_images=1000)


# -- the dataset's own splits -----------------------------------------------------------------------------------------

_NAMES = np.array(["train"] * 60 + ["validation"] * 20 + ["test"] * 16 + [""] * 4)


def _with_splits(names: Any = _NAMES) -> Snapshot:
    codes = np.array([SPLIT_CODES.get(name, -1) for name in names], np.int8)
    return _snapshot(np.arange(len(names)) % 4, splits=codes)


def test_the_datasets_own_splits_are_used_and_its_test_split_stays_untouched() -> None:
    """The same images for every seed, and none that is in no split."""
    for seed in (0, 1):
        split = _as_asked(_with_splits(), seed)
        assert split.training.tolist() == list(range(60))
        assert split.validation.tolist() == list(range(60, 80))


def test_without_a_validation_split_the_test_split_is_validated_on() -> None:
    """As in the sets that Keras ships."""
    split = _as_asked(_with_splits(np.where(_NAMES == "validation", "", _NAMES)))
    assert split.validation.tolist() == list(range(80, 96))


@pytest.mark.parametrize("names", [["train"] * 80, ["", "test"] * 40, ["validation"] * 80])
def test_splits_that_are_not_enough_to_train_and_validate_are_drawn(names: list[str]) -> None:
    """From all images, a split of its own for each seed."""
    snapshot = _with_splits(names)
    assert len(_as_asked(snapshot).validation) == 16
    assert _as_asked(snapshot, 0).validation.tolist() != _as_asked(snapshot, 1).validation.tolist()


def test_fixed_splits_can_be_set_aside() -> None:
    """With evaluation.splits='random' they are drawn from all images."""
    split = _as_asked(_with_splits(), splits="random")
    assert (len(split.training), len(split.validation)) == (80, 20)


def test_a_part_of_a_fixed_training_split_is_drawn_by_the_seed() -> None:
    """Stratified, from the training split alone, while the validation images stay."""
    snapshot = _with_splits()
    splits = [_as_asked(snapshot, seed, training_images=22) for seed in (0, 0, 1)]
    assert splits[0].training.tolist() == splits[1].training.tolist() != splits[2].training.tolist()
    assert set(splits[2].training) <= set(range(60))
    assert sorted(np.bincount(snapshot.labels[splits[2].training])) == [5, 5, 6, 6]
    assert splits[0].validation.tolist() == splits[2].validation.tolist()


# -- groups -----------------------------------------------------------------------------------------------------------


def _patients(images_each: int = 5) -> Snapshot:
    """Twenty patients with pictures of both classes."""
    count = 20 * images_each
    return _snapshot(np.arange(count) % 2, groups=np.arange(count) // images_each)


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.25, 0.5, 0.75])
def test_no_group_is_on_both_sides(fraction: float) -> None:
    """And the sizes are about those asked for, whichever side is the larger one."""
    snapshot = _patients()
    assert snapshot.groups is not None
    for seed in range(5):
        split = _as_asked(snapshot, seed, validation_fraction=fraction)
        assert not set(snapshot.groups[split.training]) & set(snapshot.groups[split.validation])
        assert sorted([*split.training, *split.validation]) == list(range(100))
        assert abs(len(split.validation) / 100 - fraction) <= 0.05
        assert set(snapshot.labels[split.training]) == set(snapshot.labels[split.validation]) == {0, 1}


def test_groups_are_dealt_out_by_the_seed() -> None:
    """The same seed the same way, and a number of training images is kept to."""
    snapshot = _patients()
    drawn = [_as_asked(snapshot, seed, training_images=30) for seed in (0, 0, 1, 2)]
    assert drawn[0].validation.tolist() == drawn[1].validation.tolist()
    assert len({tuple(split.validation) for split in drawn}) > 1
    assert {len(split.training) for split in drawn} == {30}


TWELVE_PATIENTS = {
    "one large, both classes in each": ([60, *[30] * 11], None),
    "one very large, both classes in each": ([300, *[30] * 11], None),
    "log-normal, both classes in each": ([7, 12, 15, 19, 24, 30, 36, 44, 55, 68, 90, 150], None),
    "one large, each of one class": ([80, *[40] * 11], [0, 1] * 6),
    "three classes, each patient of one": ([20, 25, 30, 35] * 3, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]),
}


def _of_patients(sizes: list[int], classes: list[int] | None) -> Snapshot:
    """Patients with so many images, each of one class, or a third of each patient's of the second."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = (np.arange(len(groups)) % 3 == 0).astype(int) if classes is None else np.repeat(classes, sizes)
    return _snapshot(labels, groups=groups)


@pytest.mark.parametrize("patients", TWELVE_PATIENTS.values(), ids=TWELVE_PATIENTS)
def test_every_group_is_validated_on_about_as_often(patients: tuple[list[int], list[int] | None]) -> None:
    """Whatever its size, with no class missing and the fraction met to within one group."""
    snapshot = _of_patients(*patients)
    assert snapshot.groups is not None
    sizes, validated = np.bincount(snapshot.groups), np.zeros(12)
    for seed in range(400):
        split = _as_asked(snapshot, seed)
        for side in (split.training, split.validation):
            assert set(snapshot.labels[side]) == set(snapshot.labels)
        assert abs(len(split.validation) - 0.2 * len(snapshot.labels)) <= sizes.max()
        validated[np.unique(snapshot.groups[split.validation])] += 1
    assert validated.min() >= 0.6 * validated.mean()
    assert validated.max() <= 1.5 * validated.mean()


def test_groups_keep_the_shares_of_the_classes() -> None:
    """Where every patient is of one class, patients of each are drawn in proportion."""
    snapshot = _of_patients([10] * 40, [0] * 30 + [1] * 10)
    for seed in range(50):
        validated = np.bincount(snapshot.labels[_as_asked(snapshot, seed).validation])
        assert validated.tolist() == [60, 20]


def test_rare_classes_are_on_both_sides_although_few_groups_have_them() -> None:
    """Fifty kinds of five animals each: chance alone would leave some out of nearly every draw."""
    sizes = (np.random.default_rng(1).integers(8, 13, 250)).tolist()
    snapshot = _of_patients(sizes, np.repeat(np.arange(50), 5).tolist())
    for seed in range(5):
        split = _as_asked(snapshot, seed)
        assert len(set(snapshot.labels[split.validation])) == len(set(snapshot.labels[split.training])) == 50


def test_a_fraction_that_whole_groups_cannot_give_is_refused_with_one_that_they_can() -> None:
    """Two animals of each kind: one is trained on and one is validated on."""
    snapshot = _of_patients([10] * 40, np.repeat(np.arange(20), 2).tolist())
    with pytest.raises(UserInputError, match=r"choose a validation_fraction near 0\.5"):
        _as_asked(snapshot)
    assert len(_as_asked(snapshot, validation_fraction=0.5).validation) == 200


@given(
    st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=6, max_size=30),
    st.floats(0.15, 0.8),
    st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_groups_of_every_make_are_split_as_promised_or_refused(
    table: list[list[int]], fraction: float, seed: int
) -> None:
    """Every class of two groups or more on both sides, those of one to train on, within the largest group."""
    counts = np.array([row for row in table if sum(row)])
    assume(len(counts) >= 4 and (counts.sum(axis=0) > 0).all())
    try:
        drawn = draw_groups(counts, fraction, np.random.default_rng(seed))
    except ValueError:
        return
    spread = (counts > 0).sum(axis=0) > 1
    assert (counts[~drawn].sum(axis=0) > 0).all()
    assert (counts[drawn].sum(axis=0)[spread] > 0).all()
    assert abs(counts[drawn].sum() - fraction * counts.sum()) <= counts.sum(axis=1).max()


def test_a_class_that_is_all_one_group_can_still_be_trained_on() -> None:
    """It is missing among the validation images then, and never among the training images."""
    labels = np.array([0, 1] * 20 + [2] * 4)
    snapshot = _snapshot(labels, groups=np.array([*np.arange(40) // 4, 10, 10, 10, 10]))
    for seed in range(5):
        assert set(labels[_as_asked(snapshot, seed).training]) == {0, 1, 2}


def test_classes_that_cannot_all_be_trained_on_are_the_users_to_mend() -> None:
    """Every class is one group, so that whichever is validated on is not trained on."""
    snapshot = _snapshot(np.repeat(np.arange(5), 6), groups=np.repeat(np.arange(5), 6))
    with pytest.raises(UserInputError, match="every part leaves a class untrained"):
        _as_asked(snapshot)


# -- the check at submission and the drawing agree --------------------------------------------------------------------


@given(
    st.lists(st.integers(2, 30), min_size=2, max_size=5),
    st.floats(0.01, 0.99),
    st.none() | st.integers(2, 100),
    st.booleans(),
    st.integers(0, 100),
)
@settings(max_examples=60)
def test_whatever_has_no_problem_can_be_split_in_the_promised_sizes(
    per_class: list[int], fraction: float, training_images: int | None, fixed: bool, seed: int
) -> None:
    """Random splits and the dataset's own."""
    labels = np.repeat(np.arange(len(per_class)), per_class)
    splits = np.array([0, 1], np.int8)[np.arange(len(labels)) % 2] if fixed else None
    snapshot = _snapshot(labels, splits=splits)
    asked = EvaluationSettings(validation_fraction=fraction, training_images=training_images)
    assume(split_problem(asked, _facts(snapshot)) is None)
    drawn = draw_split(snapshot, split_definition(asked, _facts(snapshot)), seed)
    assert (len(drawn.training), len(drawn.validation)) == split_sizes(asked, _facts(snapshot))
    assert not set(drawn.training) & set(drawn.validation)
    if fixed:
        assert len(np.unique(labels[drawn.training])) == len(per_class)


# -- what is held out for a confirmation ------------------------------------------------------------------------------


def _held_out(snapshot: Snapshot, seed: int, **asked: Any) -> tuple[Split, Split]:
    """What a trial of the search sees, and what one of the confirmation does."""
    evaluation, facts = EvaluationSettings.model_validate(asked), _facts(snapshot)
    share = held_out_share(evaluation, facts)
    definitions = (split_definition(evaluation, facts, validated_on, share) for validated_on in (None, HELD_OUT))
    search, confirmation = (draw_split(snapshot, definition, seed) for definition in definitions)
    return search, confirmation


HALVES = np.array([SPLIT_CODES["train"], SPLIT_CODES["validation"]], np.int8)[np.arange(100) % 2]
KINDS = pytest.mark.parametrize(
    ("parts", "kept"),
    [({}, 20), ({"groups": np.arange(100) // 4}, None), ({"splits": HALVES}, 25),
     ({"splits": HALVES, "groups": np.arange(100) % 10}, None)],
    ids=["drawn", "grouped", "fixed", "fixed and grouped"],
)  # fmt: skip


@KINDS
def test_no_search_sees_what_is_held_out(parts: dict[str, Any], kept: int | None) -> None:
    """Whatever the seed: the same images, of every class, which only a confirmation is judged by."""
    snapshot = _snapshot(**parts)
    held_out = set(_held_out(snapshot, 0)[1].validation)
    assert len(held_out) == kept if kept is not None else 10 <= len(held_out) <= 30
    assert len(np.unique(snapshot.labels[sorted(held_out)])) == 4
    for seed in range(20):
        search, confirmation = _held_out(snapshot, seed)
        assert set(confirmation.validation) == held_out
        assert not held_out & {*search.training, *search.validation}
        assert list(confirmation.training) == list(search.training)


def test_groups_are_held_out_whole() -> None:
    """No patient is in the search and in the confirmation."""
    groups = np.arange(100) % 20
    search, confirmation = _held_out(_snapshot(groups=groups), 3)
    assert not set(groups[confirmation.validation]) & set(groups[[*search.training, *search.validation]])


@given(
    st.lists(st.integers(2, 30), min_size=2, max_size=5),
    st.floats(0.05, 0.95),
    st.none() | st.integers(2, 100),
    st.sampled_from(["drawn", "fixed"]),
    st.integers(0, 100),
)
@settings(max_examples=60)
def test_what_has_no_problem_with_a_confirmation_can_be_split_for_it(
    per_class: list[int], fraction: float, training_images: int | None, kind: str, seed: int
) -> None:
    """In the promised sizes, with every class where it is needed."""
    labels = np.repeat(np.arange(len(per_class)), per_class)
    splits = np.array([0, 1], np.int8)[np.arange(len(labels)) % 2] if kind == "fixed" else None
    snapshot = _snapshot(labels, splits=splits)
    asked = EvaluationSettings(validation_fraction=fraction, training_images=training_images)
    facts = _facts(snapshot)
    assume(split_problem(asked, facts, recommend=True) is None)
    search, confirmation = _held_out(snapshot, seed, **asked.model_dump())
    sizes = split_sizes(asked, facts, held_out_share(asked, facts))
    assert (len(search.training), len(search.validation)) == sizes
    assert len(np.unique(labels[confirmation.validation])) == len(per_class)


# -- shares of the training images ------------------------------------------------------------------------------------


@given(st.sampled_from(["random", "grouped", "fixed"]), st.integers(0, 10**6), st.floats(0.1, 0.95))
@settings(deadline=None)
def test_a_share_of_the_images_is_validated_on_the_same_and_trained_on_some_of_the_same(
    kind: str, seed: int, share: float
) -> None:
    """However splits come about: else differences between shares would be those between images."""
    groups = np.arange(100) // 2 if kind == "grouped" else None
    splits = np.where(np.arange(100) % 4, SPLIT_CODES["train"], SPLIT_CODES["validation"]) if kind == "fixed" else None
    snapshot = _snapshot(groups=groups, splits=splits)
    whole = split_definition(EvaluationSettings(), _facts(snapshot))
    all_images = draw_split(snapshot, whole, seed)
    some = draw_split(snapshot, whole.model_copy(update={"training_share": share}), seed)
    assert list(some.validation) == list(all_images.validation)
    assert set(some.training) <= set(all_images.training)
    assert len(some.training) == round(share * len(all_images.training))
    assert len(np.unique(LABELS[some.training])) == 4


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    """So that more images are more, and not others."""
    drawn = [set(_draw(3, training_share=share).training) for share in (0.25, 0.5, 0.75)]
    assert drawn[0] < drawn[1] < drawn[2]


def test_a_share_too_small_for_the_classes_is_refused() -> None:
    """With both numbers."""
    with pytest.raises(UserInputError, match="2 training images cannot hold every one of 4 classes"):
        _draw(0, training_share=0.02)
