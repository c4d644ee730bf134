"""What is said of a training before it is begun."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.training.settings import TrainingSettings
from augury.planning.training_problems import training_problem, training_warnings
from tests.store.databases import FACTS


def _settings(**training: Any) -> TrainingSettings:
    return TrainingSettings.model_validate(training)


def test_weights_are_for_classes_that_there_are() -> None:
    """A name that nearly is one is answered with it."""
    assert training_problem(_settings(class_weight={"7": 2.0}), FACTS) is None
    assert training_problem(_settings(class_weight="balanced"), FACTS) is None
    problem = training_problem(_settings(class_weight={"7": 2.0, " 8": 3.0}), FACTS)
    assert problem == "class_weight names class ' 8', which the dataset does not have; did you mean '8'?"


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ({}, []),
        ({"schedule": "constant"}, ["With a constant learning rate"]),
        ({"schedule": "constant", "average_last": 0.25}, []),
        ({"schedule": "constant", "early_stopping": {}}, []),
        ({"schedule": "plateau", "early_stopping": {}}, []),
        ({"early_stopping": {}}, ["A training that early_stopping ends"]),
    ],
    ids=repr,
)
def test_what_makes_a_training_say_less_is_said(training: dict[str, Any], words: list[str]) -> None:
    """And of others nothing."""
    said = training_warnings(_settings(**training))
    assert [sentence.startswith(word) for sentence, word in zip(said, words, strict=True)] == [True] * len(words)
