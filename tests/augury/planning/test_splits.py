"""What is said about a split before anything is trained."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.training.evaluation import EvaluationSettings
from augury.planning.split_problems import split_problem
from augury.planning.splits import FixedSplit, held_out_share, split_definition, split_sizes
from tests.store.databases import FACTS


def _facts(per_class: list[int], **changes: Any) -> DatasetFacts:
    classes = {f"c{number}": images for number, images in enumerate(per_class)}
    return FACTS.model_copy(update={"images": sum(per_class), "classes": classes, **changes})


def _splits(**per_class: list[int]) -> dict[str, dict[str, int]]:
    return {name: {f"c{number}": count for number, count in enumerate(counts)} for name, counts in per_class.items()}


@pytest.mark.parametrize(
    ("settings", "per_class", "words"),
    [
        ({}, [100], "1 class"),
        ({}, [50, 1], "single image"),
        ({"training_images": 90}, [50, 50], "more than the dataset's 100"),
        ({"validation_fraction": 0.01}, [50, 50, 50], "cannot hold every one of 3 classes"),
        ({"validation_fraction": 0.99}, [50, 50, 50], "cannot hold every one of 3 classes"),
        ({"training_images": 2}, [50, 50, 50], "2 training and 30 validation images"),
    ],
)
def test_a_split_that_is_impossible_is_explained(settings: dict[str, Any], per_class: list[int], words: str) -> None:
    """The sentence has the numbers in it."""
    problem = split_problem(EvaluationSettings.model_validate(settings), _facts(per_class))
    assert problem is not None
    assert words in problem


@pytest.mark.parametrize(
    ("settings", "per_class"),
    [
        ({}, [50, 50]),
        ({}, [8, 2]),
        ({"training_images": 80}, [50, 50]),
        ({"validation_fraction": 0.02}, [50, 50, 50]),
        ({"training_images": 3}, [50, 50, 50]),
    ],
)
def test_a_split_that_is_just_possible_has_no_problem(settings: dict[str, Any], per_class: list[int]) -> None:
    """Near misses of every problem pass."""
    assert split_problem(EvaluationSettings.model_validate(settings), _facts(per_class)) is None


@pytest.mark.parametrize(
    ("settings", "splits", "words"),
    [
        ({}, _splits(train=[5, 0], validation=[5, 5]), "own 'train' split has no image of class 'c1'"),
        ({}, _splits(train=[5, 5], validation=[0, 5]), "own 'validation' split has no image of class 'c0'"),
        ({}, _splits(train=[5, 5], validation=[0, 0], test=[5, 0]), "own 'test' split has no image of class 'c1'"),
        ({"training_images": 11}, _splits(train=[5, 5], test=[5, 5]), "more than the 10 of the dataset's own 'train'"),
    ],
)
def test_fixed_splits_that_cannot_be_used_are_explained(
    settings: dict[str, Any], splits: dict[str, dict[str, int]], words: str
) -> None:
    """By the name of the split and the class, with the way out."""
    facts = _facts([10, 10], splits=splits)
    problem = split_problem(EvaluationSettings.model_validate(settings), facts)
    assert problem is not None
    assert words in problem
    assert split_problem(EvaluationSettings(splits="random"), facts) is None


def test_too_few_groups_are_explained() -> None:
    """A tenth of the images cannot be set apart from four groups."""
    problem = split_problem(EvaluationSettings(validation_fraction=0.1), _facts([50, 50], groups=4))
    assert problem is not None
    assert "4 groups" in problem
    assert "needs 10" in problem
    assert split_problem(EvaluationSettings(validation_fraction=0.1), _facts([50, 50], groups=10)) is None


def test_a_class_without_images_is_explained() -> None:
    """It can come from a list of classes that is longer than what was found."""
    problem = split_problem(EvaluationSettings(), _facts([50, 0, 50]))
    assert problem == "class 'c1' has no image"


def test_a_definition_has_what_determines_the_split_and_nothing_else() -> None:
    """So that requests that differ in what does not matter share their trials."""
    fixed = _facts([10, 10], splits=_splits(train=[5, 5], test=[5, 5]))
    tenth, third = (EvaluationSettings(validation_fraction=fraction) for fraction in (0.1, 0.3))
    assert split_definition(tenth, fixed) == split_definition(third, fixed)
    assert split_definition(tenth, fixed) == FixedSplit(kind="fixed", validation="test", training_images=None)
    assert split_definition(tenth, _facts([10, 10])) != split_definition(third, _facts([10, 10]))
    asked = EvaluationSettings(splits="random")
    assert split_definition(asked, _facts([10, 10])) == split_definition(EvaluationSettings(), _facts([10, 10]))
    assert split_definition(asked, _facts([10, 10], groups=5)).kind == "grouped"


def test_the_sizes_of_fixed_splits_are_their_own() -> None:
    """Whatever fraction is asked for."""
    facts = _facts([10, 10], splits=_splits(train=[6, 6], validation=[4, 4]))
    assert split_sizes(EvaluationSettings(), facts) == (12, 8)
    assert split_sizes(EvaluationSettings(training_images=5), facts) == (5, 8)


@pytest.mark.parametrize(
    ("settings", "facts", "words"),
    [
        ({}, _facts([2, 10]), "too few images to be trained on, validated on and held out"),
        ({"training_images": 13}, _facts([10, 10]), "more than the 16 left; 4 images are kept for confirming"),
        ({}, _facts([50, 50], groups=8), "needs 9 or more"),
        ({}, _facts([10, 10], splits=_splits(train=[5, 5], validation=[1, 5])), "half of the 'validation' images"),
    ],
)
def test_what_leaves_nothing_for_a_confirmation_is_explained(
    settings: dict[str, Any], facts: DatasetFacts, words: str
) -> None:
    """With the way out; without 'recommend' the same images do."""
    asked = EvaluationSettings.model_validate(settings)
    problem = split_problem(asked, facts, recommend=True)
    assert problem is not None
    assert words in problem
    assert split_problem(asked, facts) is None


def test_where_the_dataset_brings_untouched_images_none_are_kept() -> None:
    """Its own test split confirms, and the search has all the others."""
    facts = _facts([12, 12], splits=_splits(train=[5, 5], validation=[4, 4], test=[3, 3]))
    assert held_out_share(EvaluationSettings(), facts) is None
    assert held_out_share(EvaluationSettings(splits="random"), facts) == 0.2
