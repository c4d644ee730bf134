"""Small datasets as people have them, one test a file: which class each image has, and what is said about it.

The files are in ``tests/fixtures/cases``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api_schemas.datasets.dataset import DatasetFacts
from tests.augury.datasets.makers import read, refused

CASES = Path(__file__).resolve().parents[3] / "fixtures" / "cases"

Case = Callable[..., DatasetFacts]


@pytest.fixture
def facts_of_case(tmp_path: Path) -> Case:
    """Reads a file of the cases, and gives its facts."""

    def facts_of(name: str, **options: Any) -> DatasetFacts:
        path = tmp_path / f"{name}.zip"
        path.write_bytes((CASES / path.name).read_bytes())
        return read(path, **options).facts

    return facts_of


def sizes(facts: DatasetFacts) -> dict[str, int]:
    """Images in each split."""
    return {split: sum(counts.values()) for split, counts in facts.splits.items()}


def test_a_training_set_and_a_test_set_are_splits(facts_of_case: Case) -> None:
    """course.zip: cats and dogs; the two images to predict are left out, and both decisions are said."""
    facts = facts_of_case("course")
    assert (facts.classes, sizes(facts)) == ({"cats": 14, "dogs": 14}, {"train": 20, "test": 8})
    assert any("'single_prediction'" in warning and "left out" in warning for warning in facts.warnings)
    assert any("'training_set' for train" in warning and '"layout"' in warning for warning in facts.warnings)


def test_a_class_that_is_called_train_stays_one(facts_of_case: Case) -> None:
    """nested.zip: three vehicles, seen from the front and from the side; the other reading is named."""
    facts = facts_of_case("nested")
    assert (facts.classes, facts.splits) == ({"bus": 10, "test": 10, "train": 10}, {})
    assert '"layout": "splits"' in facts.warnings[0]


def test_usual_splits_stay_as_they_were(facts_of_case: Case) -> None:
    """pets.zip: train, valid and test; nobody would doubt it, so nothing is said."""
    facts = facts_of_case("pets")
    assert (facts.classes, sizes(facts)) == ({"cat": 11, "dog": 11}, {"train": 12, "validation": 6, "test": 4})
    assert not any("layout" in warning for warning in facts.warnings)


def test_class_folders_that_are_numbers_are_in_the_order_of_numbers(facts_of_case: Case) -> None:
    """numbers.zip and numbers-csv.zip: the same classes in the same order, 0 to 11."""
    folders, table = facts_of_case("numbers"), facts_of_case("numbers-csv")
    assert list(folders.classes) == list(table.classes) == [str(number) for number in range(12)]


def test_a_single_class_folder_is_a_dataset_of_one_class(facts_of_case: Case) -> None:
    """one.zip: six dogs, which can be augmented; that nothing can be learnt from them is said."""
    facts = facts_of_case("one")
    assert facts.classes == {"dog": 6}
    assert any("only one class" in warning for warning in facts.warnings)


def test_ids_without_extension_are_found_in_a_folder_that_the_table_does_not_name(facts_of_case: Case) -> None:
    """breeds.zip: a column "breed" beside ids; the unlabelled test images and the sample submission are left out."""
    facts = facts_of_case("breeds")
    assert facts.classes == {"boxer": 6, "pug": 6}
    assert any("'breed'" in warning for warning in facts.warnings)
    assert any("'sample_submission.csv'" in warning for warning in facts.warnings)


def test_names_with_their_folder_are_found_there(facts_of_case: Case) -> None:
    """plain.zip: train/0.jpg beside train.csv."""
    assert facts_of_case("plain").classes == {"0": 6, "1": 6}


@pytest.mark.parametrize("name", ["leaves", "leaves2"])
def test_a_table_of_the_files_decides_over_the_folders(facts_of_case: Case, name: str) -> None:
    """leaves.zip, leaves2.zip: train_images and test_images are no classes, and a sample submission is no manifest."""
    facts = facts_of_case(name)
    assert facts.classes == {"0": 6, "1": 6}
    assert name == "leaves2" or any("'sample_submission.csv'" in warning for warning in facts.warnings)


@pytest.mark.parametrize("name", ["scenes", "scenes2"])
def test_the_table_with_labels_wins(facts_of_case: Case, name: str) -> None:
    """scenes.zip, scenes2.zip: names in train.csv mean files in train/; test.csv has no labels, which is said."""
    facts = facts_of_case(name)
    assert (facts.classes, facts.splits) == ({"0": 6, "1": 6}, {})
    assert name == "scenes2" or any("'test.csv'" in warning for warning in facts.warnings)


def test_whole_numbers_that_became_floats_are_classes_in_the_order_of_numbers(facts_of_case: Case) -> None:
    """floats-csv.zip: one label is missing, so a table of whole numbers was written with decimal points."""
    facts = facts_of_case("floats-csv")
    assert list(facts.classes.items()) == [(str(number), 1 if number == 11 else 2) for number in range(12)]


def test_columns_of_zeros_and_ones_are_a_class_each(facts_of_case: Case) -> None:
    """eyes.zip: N, D and G; export.zip: one such table in each split's folder."""
    eyes, export = facts_of_case("eyes"), facts_of_case("export")
    assert eyes.classes == {"D": 4, "G": 4, "N": 4}
    assert any("'N', 'D', 'G'" in warning for warning in eyes.warnings)
    assert (export.classes, sizes(export)) == ({"cat": 6, "dog": 6}, {"train": 8, "validation": 4})


def test_metadata_of_the_hub_names_the_labels(facts_of_case: Case) -> None:
    """hf.zip: an object of JSON in each line of train/metadata.jsonl."""
    assert facts_of_case("hf").classes == {"a": 6, "b": 6}


def test_several_labels_in_a_cell_are_refused(tmp_path: Path) -> None:
    """leaf.zip: a class for each combination would be nonsense; the message says what to do."""
    path = tmp_path / "leaf.zip"
    path.write_bytes((CASES / path.name).read_bytes())
    with refused("labels.several", "'scab frog_eye_leaf_spot'", "keep the images that have one label"):
        read(path)
