"""What the folders around images are taken for, and what is said where they could be something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.datasets.errors import DatasetError
from augury.datasets.formats.folders.layouts import decide
from augury.datasets.formats.folders.names import folder_name
from augury.datasets.formats.folders.reading import Reading
from augury.datasets.formats.folders.tree import tree_of


def images_in(*folders: str) -> list[list[str]]:
    """Paths of two images in each folder."""
    return [[*folder.split("/"), f"{number}.jpg"] for folder in folders for number in range(2)]


def combined(tops: str | Sequence[str], classes: str) -> list[str]:
    """Every class in every folder around."""
    tops = tops.split() if isinstance(tops, str) else tops
    return [f"{top}/{name}" for top in tops for name in classes.split()]


def read(folders: Iterable[str], layout: str | None = None) -> tuple[set[str], set[str], set[str], Reading]:
    """Classes, splits and groups of the images in these folders, and the reading."""
    paths = images_in(*folders)
    reading = decide(tree_of(paths), layout)
    answers = [answer for path in paths if not isinstance(answer := reading.of(path), str)]
    labels, splits, groups = ({answer[part] for answer in answers} - {""} for part in range(3))
    return labels, splits, groups, reading


TRAIN_TEST = {"train", "test"}
PETS = {"cat", "dog"}


@pytest.mark.parametrize(
    ("tops", "splits"),
    [
        ("train test", TRAIN_TEST),
        ("training_set test_set", TRAIN_TEST),
        ("Training Testing", TRAIN_TEST),
        ("TrainData TestData", TRAIN_TEST),
        ("trainset valset testset", {"train", "validation", "test"}),
        ("train2017 val2017", {"train", "validation"}),
        ("2019-train 2020-test", TRAIN_TEST),
        ("train_images validation_images", {"train", "validation"}),
        ("flowers_train flowers_test", TRAIN_TEST),
        ("xray-train-2019 xray-val-2020", {"train", "validation"}),
        ("seg_train/seg_train seg_test/seg_test", TRAIN_TEST),
        ("train/train test/test", TRAIN_TEST),
        ("train/images valid/images", {"train", "validation"}),
        ("train_1 train_2 test", TRAIN_TEST),
        ("fold0 fold1 test", TRAIN_TEST),
    ],
)
def test_words_for_splits_are_understood_in_any_company(tops: str, splits: set[str]) -> None:
    """With prefixes, suffixes, years and numbers, in one word, doubled, and around folders that say nothing."""
    labels, found, groups, _ = read(combined(tops, "cat dog"))
    assert (labels, found, groups) == (PETS, splits, set())


def test_the_usual_words_need_no_note_and_others_get_one() -> None:
    """It says which folder was taken for which split, and how to have classes instead."""
    assert read(combined("train valid test", "cat dog"))[3].notes == ()
    (note,) = read(combined("training_set test_set", "cat dog"))[3].notes
    assert "'training_set' for train" in note
    assert '"layout": "classes"' in note


@pytest.mark.parametrize(
    "beside", ["single_prediction", "pred", "seg_pred/seg_pred", "unlabeled", "test1", "test_images", "val"]
)
def test_images_to_predict_are_no_class(beside: str) -> None:
    """Neither beside splits nor beside classes; that they are left out is said."""
    for folders in (combined("train", "cat dog"), ["cat", "dog"]):
        if folders == ["cat", "dog"] and "seg" in beside:
            continue
        labels, _, _, reading = read([*folders, beside])
        assert labels == PETS
        assert any(repr(beside.split("/")[0]) in note and "left out" in note for note in reading.notes)


def test_a_class_may_be_called_as_a_split() -> None:
    """Others like it, which say no split, show it; the note names the other reading, which can be asked for."""
    folders = combined("bus train test", "front side")
    labels, splits, _, reading = read(folders)
    assert (labels, splits) == ({"bus", "train", "test"}, set())
    assert '"layout": "splits"' in reading.notes[0]
    assert read(folders, "splits")[:2] == ({"front", "side"}, TRAIN_TEST)


def test_splits_in_every_class_are_splits() -> None:
    """The other way round: a note says so."""
    labels, splits, _, reading = read(combined("cat dog", "train test"))
    assert (labels, splits) == (PETS, TRAIN_TEST)
    assert reading.notes


@pytest.mark.parametrize("tops", ["fold0 fold1 fold2 fold3 fold4", "split_1 split_2", "2019 2020", "berlin paris"])
def test_siblings_that_hold_the_same_folders_are_groups_of_the_same_classes(tops: str) -> None:
    """No name says which is for training, so each is a group; the note names the two other readings."""
    folders = combined(tops, "cat dog")
    labels, splits, groups, reading = read(folders)
    assert (labels, splits, groups) == (PETS, set(), set(tops.split()))
    assert '"layout": "pooled"' in reading.notes[0]
    assert '"layout": "classes"' in reading.notes[0]
    assert read(folders, "pooled")[:3] == (PETS, set(), set())
    assert read(folders, "classes")[:3] == (set(tops.split()), set(), set())


def test_parts_that_share_no_class_are_one_dataset() -> None:
    """A download in two pieces: groups would be classes there."""
    labels, splits, groups, reading = read(["part1/ant", "part1/bee", "part2/cat", "part2/dog"])
    assert (labels, splits, groups) == ({"ant", "bee", "cat", "dog"}, set(), set())
    assert reading.notes


def test_folders_in_classes_stay_part_of_them() -> None:
    """Breeds of cats and of dogs differ; where they do not all, a note names the other reading."""
    folders = ["cat/tabby", "cat/persian", "dog/pug"]
    assert read(folders)[0] == PETS
    assert read(folders)[3].notes == ()
    labels, _, _, reading = read([*combined("cat dog", "indoor outdoor"), "dog/beach"])
    assert labels == PETS
    assert '"layout": "splits"' in reading.notes[0]


def test_folders_that_only_say_images_are_no_classes() -> None:
    """``cat/images`` is cat."""
    assert read(["cat/images", "dog/images"])[0] == PETS


def test_a_dataset_beside_other_images_is_found() -> None:
    """Figures of a paper, or a logo, do not make the folder of the dataset a class."""
    folders = [*combined(["data/train", "data/test"], "cat dog"), "docs/figures"]
    labels, splits, _, reading = read(folders)
    assert (labels, splits) == (PETS, TRAIN_TEST)
    assert "'data'" in reading.notes[0]
    paths = [*images_in("data/cat", "data/dog"), ["logo.png"]]
    reading = decide(tree_of(paths), None)
    assert {answer[0] for path in paths if not isinstance(answer := reading.of(path), str)} == PETS


@pytest.mark.parametrize(
    "folders",
    [
        ["train/steam", "train/diesel", "bus/city", "bus/coach"],
        ["train/cat", "train/dog", "holiday"],
        ["train", "test", "cat"],
        ["fold0", "fold1", "fold2"],
        ["HAM_images_part_1", "HAM_images_part_2"],
        ["2019", "2020"],
        ["images", "masks"],
        ["birds_train", "birds_test"],
        [*combined("berlin paris", "cat dog"), "rome"],
        combined(["fold1/train", "fold1/test", "fold2/train", "fold2/test"], "cat dog"),
    ],
)
def test_where_two_readings_are_as_good_both_are_named(folders: list[str]) -> None:
    """Nothing is read then, and the message has what to say in the reference."""
    with pytest.raises(DatasetError) as caught:
        read(folders)
    assert caught.value.rule == "folder.layout"
    assert '"layout": "' in str(caught.value)


def test_a_test_set_without_classes_is_known_by_the_name_it_shares() -> None:
    """``signs_test`` beside ``signs_train/a``, both doubled."""
    labels, _, _, reading = read(["signs_train/signs_train/a", "signs_train/signs_train/b", "signs_test/signs_test"])
    assert labels == {"a", "b"}
    assert "'signs_test'" in reading.notes[0]


def test_a_dataset_beside_its_unlabelled_test_images_is_found() -> None:
    """``plants/train/a`` beside ``test/test``."""
    folders = [*combined(["plants/train", "plants/valid"], "a b"), "test/test"]
    labels, splits, _, reading = read(folders)
    assert (labels, splits) == ({"a", "b"}, {"train", "validation"})
    assert reading.notes


def test_years_that_lack_a_class_are_years_still() -> None:
    """Their names say it."""
    assert read(["2019/a", "2019/b", "2020/a"])[:3] == ({"a", "b"}, set(), {"2019", "2020"})


def test_splits_without_classes_have_no_labels() -> None:
    """Also under less usual names."""
    for folders in (["train", "test"], ["train_images", "test_images"]):
        with pytest.raises(DatasetError) as caught:
            read(folders)
        assert caught.value.rule == "labels.missing"
        assert read(folders, "classes")[0] == set(folders)


NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8).filter(
    lambda text: not (folder_name(text).role or folder_name(text).is_filler)
)


@settings(max_examples=200, deadline=None)
@given(
    tops=st.lists(NAMES, min_size=2, max_size=4, unique_by=str.casefold),
    classes=st.lists(NAMES, min_size=2, max_size=4, unique_by=str.casefold),
)
def test_whatever_their_names_siblings_with_the_same_folders_share_the_classes_in_them(
    tops: list[str], classes: list[str]
) -> None:
    """And it is said."""
    labels, splits, groups, reading = read([f"{top}/{name}" for top in tops for name in classes])
    assert (labels, splits, groups) == (set(classes), set(), set(tops))
    assert reading.notes


@settings(max_examples=200, deadline=None)
@given(
    folders=st.lists(
        st.lists(st.sampled_from(["train", "test", "cat", "dog", "images", "fold0", "pred"]), min_size=1, max_size=4),
        min_size=1,
        max_size=8,
    ),
    layout=st.sampled_from([None, "auto", "classes", "splits", "pooled"]),
)
def test_every_image_is_read_or_left_out_with_a_reason(folders: list[list[str]], layout: str | None) -> None:
    """Whatever the folders are, unless all are refused for a reason that the guide explains."""
    paths = images_in(*map("/".join, folders))
    try:
        reading = decide(tree_of(paths), layout)
    except DatasetError as error:
        refusal = error.rule
    else:
        refusal = None
    if refusal is not None:
        assert refusal in ("folder.layout", "labels.missing")
        return
    for path in paths:
        answer = reading.of(path)
        assert answer[0] in path if isinstance(answer, tuple) else answer


def test_many_folders_take_no_more_time_than_there_are_images() -> None:
    """A hundred thousand classes in two splits are decided on within seconds."""
    paths = [[top, f"class{number}", "1.jpg"] for top in ("one", "two") for number in range(100_000)]
    start = process_time()
    reading = decide(tree_of(paths), None)
    assert Counter(len(reading.of(path)) for path in paths) == {3: 200_000}
    assert process_time() - start < 30
