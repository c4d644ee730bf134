"""Small datasets as people have them, one test a file: which class each image has, and what is said about it.

The files are in ``tests/fixtures/cases``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api_schemas.datasets.dataset import DatasetFacts
from tests.augury.datasets.makers import read

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
